/** The keys by which a host may prove itself: given, or as known_hosts has them; see sshd(8). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expand } from './config.ts';
import { readText } from './files.ts';
import { HostError, type Target } from './target.ts';

/** A public key as in known_hosts: `ssh-ed25519 AAAA…`. */
export type HostKey = string;

/** What is known of a host. */
export type Known = {
  readonly keys: readonly HostKey[];
  /** Keys of authorities whose word for the host is taken. */
  readonly authorities: readonly HostKey[];
  readonly revoked: readonly HostKey[];
};

/**
 * What is known of a host, from the stack file or from known_hosts.
 * @throws HostError when there is nothing: a host is never trusted unseen.
 */
export function known(target: Target): Known {
  if (target.hostKey) {
    const key = target.hostKey.split(' ').slice(0, 2).join(' ');
    refuseUnusable(target, [key], 'hostKey');
    return { keys: [key], authorities: [], revoked: [] };
  }
  const files = listed(target);
  const lines = files.flatMap((file) => linesOf(target, file));
  const marked = (wanted: string) =>
    lines.filter(({ marker }) => marker === wanted).map(({ key }) => key);
  const revoked = marked('@revoked');
  const good = (key: HostKey) => !revoked.includes(key);
  const all = marked('');
  const keys = all.filter(good).filter((key) => kinds.includes(kindOf(key)));
  const authorities = marked('@cert-authority').filter(good);
  if (keys.length > 0 || authorities.length > 0) return { keys, authorities, revoked };
  refuseUnusable(target, all.filter(good), files.join(', '));
  throw new HostError(
    target,
    `its host key is ${all.length > 0 ? 'revoked' : 'not'} in ${files.join(', ')}; ${compare(target)}`,
  );
}

/** Where nothing but a key of such a kind is known, it is not that none is. */
function refuseUnusable(target: Target, keys: readonly HostKey[], where: string): void {
  const others = keys.filter((key) => !kinds.includes(kindOf(key)));
  if (keys.length === 0 || others.length < keys.length) return;
  throw new HostError(
    target,
    `its host key in ${where} is of a kind that cannot be used here (${[...new Set(others.map(kindOf))].join(', ')}); ${compare(target, '-t ed25519,ecdsa ')}`,
  );
}

/** Whether a host that shows these bytes is the one that is known. */
export const isKnown = (keys: readonly HostKey[], shown: Buffer): boolean =>
  keys.some((key) => Buffer.from(key.split(' ')[1] ?? '', 'base64').equals(shown));

/** What to do about a host that shows another key. */
export const changedKey = (target: Target): string =>
  `its host key is not the one that is known; nothing was sent. When the host was rebuilt, put its new key into ${target.hostKey ? 'hostKey' : listed(target).join(' or ')}; else somebody may be in between`;

/** What to do about a host that has no key of a kind that is known. */
export const absentKey = (target: Target, keys: readonly HostKey[]): string =>
  `it has no host key of the kinds that are known (${[...new Set(keys.map(kindOf))].join(', ')}); ${compare(target)}`;

/** Only the kinds of key that are known are asked for, else the host may show another one. */
export const algorithms = (keys: readonly HostKey[]): string[] =>
  kinds
    .filter((kind) => keys.some((key) => kindOf(key) === kind))
    .flatMap((kind) => (kind === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [kind]));

/**
 * The key that the plugin is given, which takes one and asks for its kind alone: of those that the host has proven to
 * have the most modern one, so that it is the same whatever this machine knows of the host.
 * @throws HostError where it is one that the plugin can ask for with SHA-1 alone.
 */
export function preferred(target: Target, proven: readonly HostKey[]): HostKey {
  const [best = ''] = proven
    .filter((key) => kinds.includes(kindOf(key)))
    .toSorted((a, b) => kinds.indexOf(kindOf(a)) - kinds.indexOf(kindOf(b)));
  if (kindOf(best) !== 'ssh-rsa') return best;
  const sha1 = 'which the command plugin can ask for with SHA-1 alone, and sshd refuses that';
  throw new HostError(
    target,
    target.hostKey
      ? `hostKey is an ssh-rsa key, ${sha1}; ${compare(target, '-t ed25519,ecdsa ')}`
      : `it shows an ssh-rsa host key alone, ${sha1}; on the host: ssh-keygen -A, and the others in its sshd_config`,
  );
}

/** Kinds of keys that both connections know, modern ones first. */
const kinds = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
];

const kindOf = (key: HostKey): string => key.split(' ')[0] ?? '';

/** What to do about a key that is not known. */
export const compare = ({ address, port }: Target, options = ''): string =>
  `compare \`ssh-keyscan ${options}${port === 22 ? '' : `-p ${port} `}${address}\` with what the host shows on its console, then add it to known_hosts or set hostKey`;

/** The files that hold what is known; of those that ssh would read, the ones that are there. */
export function listed({ knownHosts, knownHostsFiles }: Target): string[] {
  if (knownHosts !== undefined) return [expand(knownHosts)];
  const own = expand('~/.ssh/known_hosts');
  const there = (knownHostsFiles ?? [own, '/etc/ssh/ssh_known_hosts']).filter((it) =>
    existsSync(it),
  );
  return there.length > 0 ? there : [knownHostsFiles?.[0] ?? own];
}

type Line = { readonly marker: string; readonly key: HostKey };

function linesOf(target: Target, file: string): Line[] {
  const found = readText(file);
  if ('why' in found && found.why === 'there is no such file') return [];
  if ('why' in found)
    throw new HostError(
      target,
      `the known hosts cannot be read from ${file}: ${found.why}; name a file of lines as ssh-keyscan prints them`,
    );
  const { address, port, keyAlias } = target;
  const name = keyAlias ?? (port === 22 ? address : `[${address}]:${port}`);
  return found.text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map((words) => (words[0]?.startsWith('@') ? words : ['', ...words]))
    .filter(([, hosts = '#']) => matches(hosts, name))
    .map(([marker = '', , kind, key]) => ({ marker, key: `${kind} ${key}` }));
}

/** Whether one of these patterns is the host's, or the hash of its name. */
function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('#')) return false;
  const [, version, salt, hash] = hosts.split('|');
  if (version !== '1' || !salt || !hash) return fits(hosts.split(','), name);
  const wanted = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  const actual = Buffer.from(hash, 'base64');
  return actual.length === wanted.length && timingSafeEqual(actual, wanted);
}

export const fits = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => matchesGlob(name, pattern)) &&
  !patterns.some((pattern) => pattern.startsWith('!') && matchesGlob(name, pattern.slice(1)));

function matchesGlob(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(name);
}
