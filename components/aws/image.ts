/** Images: Debian's own for a release and an architecture. */
import type { InvokeOptions } from '@pulumi/pulumi';
import { sdk } from './sdk.ts';

/** Debian's account at AWS, as https://wiki.debian.org/Cloud/AmazonEC2Image has it. */
const debian = '136693071363';

/** Releases that there are images of, with what is known of a machine that runs one. */
export const releases = {
  bookworm: { version: '12', systemd: 252 },
  trixie: { version: '13', systemd: 257 },
} as const;

export type Release = keyof typeof releases;

/** What tells the images of one release and architecture from all others, such as `debian-13-arm64`. */
export const family = (release: Release, architecture: string): string =>
  `debian-${releases[release].version}-${architecture}`;

/**
 * Id of the newest image of a family in this region.
 * @throws when there is none.
 * @example await newestImage('debian-13-arm64', {}) // 'ami-0123456789abcdef0'
 */
export async function newestImage(name: string, options: InvokeOptions): Promise<string> {
  const { getAmi } = await sdk();
  const filters = [{ name: 'name', values: [`${name}-*`] }];
  try {
    return (await getAmi({ owners: [debian], mostRecent: true, filters }, options)).id;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `aws.release: no image ${name} of Debian's account ${debian} can be found in this region: ${message}; choose another region, or name an image`,
    );
  }
}
