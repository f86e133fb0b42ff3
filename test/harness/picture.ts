/** A photograph of a host that repairs may leave as it was before. */
import { type DebianHost, type Snapshot, snapshot } from './host.ts';
import { lines } from './on-host.ts';

/** What a repair leaves behind: the kit's notes and what it put aside, backups and logs of Debian's tools. */
const leftByRepairs = [
  '/etc/group-',
  '/etc/gshadow-',
  '/etc/passwd-',
  '/etc/shadow-',
  '/var/backups',
  '/var/cache/apt',
  '/var/cache/man',
  '/var/lib/apt',
  '/var/lib/dpkg',
  '/var/lib/keelson/aside',
  '/var/lib/keelson/blobs',
  '/var/lib/keelson/lock.holder',
  '/var/lib/keelson/manifests',
  '/var/lib/keelson/originals',
  '/var/lib/keelson/owners',
  '/var/lib/keelson/rollouts',
  '/var/lib/keelson/trees',
  '/var/lib/keelson/units',
  '/var/log/alternatives.log',
  '/var/log/apt',
  '/var/log/dpkg.log',
  '/var/log/keelson.log',
  '/var/tmp',
];

/** What packages bring and nothing damages; to hash it all would take most of a round. */
const debians = ['bin', 'include', 'lib', 'lib64', 'libexec', 'sbin', 'share'];

/** Whose lines come in another order when an account was lost and made again, with another number. */
const accounts = ['/etc/group', '/etc/gshadow', '/etc/passwd', '/etc/shadow'];

/** The host byte for byte, but for Debian's own programs and what repairs leave behind. */
export async function picture(host: DebianHost): Promise<Snapshot> {
  const without = [...leftByRepairs, ...debians.map((name) => `/usr/${name}`)];
  const seen = await snapshot(host, { without });
  const sums = await host.exec(
    `for f in ${accounts.join(' ')}; do cut -d : -f 1-2,4- $f | sort | sha256sum; done`,
  );
  for (const [index, hash] of sums.split('\n').entries()) {
    const account = seen[`file ${accounts[index]}`];
    if (account) account.hash = hash;
  }
  const names = { user: await namesOf(host, 'passwd'), group: await namesOf(host, 'group') };
  for (const file of Object.values(seen)) if (file.owner) file.owner = named(file.owner, names);
  return seen;
}

type Names = ReadonlyMap<string, string>;

async function namesOf(host: DebianHost, database: 'passwd' | 'group'): Promise<Names> {
  const entries = (await lines(host, `getent ${database}`)).map((line) => line.split(':'));
  return new Map(entries.map(([name = '', , number = '']) => [number, name]));
}

/** `999:33` as `shop:www-data`: an account that comes back may have another number. What has no name keeps its own. */
export function named(owner: string, { user, group }: { user: Names; group: Names }): string {
  const [uid = '', gid = ''] = owner.split(':');
  return `${user.get(uid) ?? uid}:${group.get(gid) ?? gid}`;
}
