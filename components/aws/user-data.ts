/** User data: what cloud-init is told before a machine boots for the first time. */
import { z } from 'zod';
import { told } from '../pulumi/told.ts';
import type { HostKeyPair } from '../ssh/host-key.ts';

const userDataSchema = z.object({ ssh_keys: z.object({ ed25519_public: z.string() }) });

const head = '#cloud-config\n';

/**
 * The text of it: the host key, so that the very first connection can be held against it, and who may log in. JSON,
 * which is YAML as well. cloud-init makes no keys of its own beside those that it is given.
 *
 * @param keys public keys for the image's own user, `admin` of Debian's.
 */
export const userData = (
  { privateKey, publicKey }: HostKeyPair,
  keys: readonly string[],
): string => {
  const config = {
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: privateKey, ed25519_public: `${publicKey}\n` },
    ssh_authorized_keys: keys,
  };
  return `${head}${JSON.stringify(config, undefined, 2)}\n`;
};

/** The host key that such a text gave a machine; undefined where it is somebody else's. */
export function hostKeyIn(text: string): string | undefined {
  // As the state has it after `pulumi import`, from an API that knows base64 alone.
  const plain = text.startsWith('#') ? text : Buffer.from(text, 'base64').toString('utf8');
  if (!plain.startsWith(head)) return undefined;
  try {
    return userDataSchema
      .parse(JSON.parse(plain.slice(head.length)))
      .ssh_keys.ed25519_public.trim();
  } catch {
    return undefined;
  }
}

/**
 * The same of a server.
 * @throws where there is none, with the remedy.
 */
export function hostKeyOf(server: string, text = ''): string {
  const key = hostKeyIn(text);
  if (key !== undefined) return key;
  throw told(
    `server ${server}: the user data of its instance holds no host key of the kit's, as that of one that was imported; set hostKey to the line of its /etc/ssh/ssh_host_ed25519_key.pub`,
  );
}
