/** From a host's arguments to what it is to become. */
import { type HostConfig, type HostSettings, parseHost } from '../config/host.ts';
import { packReleases, type Releases } from '../config/render.ts';
import { isSecretKey } from '../config/secret-keys.ts';
import type { Given, Inputs } from './inputs.ts';

export type Settings = { [Key in keyof HostSettings]: Inputs<HostSettings[Key]> };

/** Stands where an address is not known yet, and reaches nobody (RFC 5737). */
const nowhere = '192.0.2.1';

/**
 * Reads arguments as a stack file is read.
 * @throws with all problems at once.
 */
export function readHost(name: string, { values, known, encrypted }: Given): HostConfig {
  const hidden = [...encrypted].filter((key) => !isSecretKey(key));
  if (hidden.length > 0)
    throw new Error(
      `host ${name}: ${hidden.join(', ')}: holds a secret; give it in secrets.APP.NAME, or take pulumi.unsecret() of it`,
    );
  return parseHost(name, known ? values : { address: nowhere, ...values });
}

const packed = new Map<string, Promise<Releases>>();

/** The releases of some apps; the same app on several hosts is packed once. */
export async function releasesOf({ apps }: HostConfig): Promise<Releases> {
  const each = apps.map((app) => {
    const key = JSON.stringify(app);
    const known = packed.get(key) ?? packReleases([app]);
    packed.set(key, known);
    return known;
  });
  return Object.assign({}, ...(await Promise.all(each)));
}
