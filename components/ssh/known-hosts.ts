/** The keys by which a host may prove itself: given, or as known_hosts has them; see sshd(8). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { expand } from './login.ts';
import { HostError, type Target } from './target.ts';

/** A public key as in known_hosts: `ssh-ed25519 AAAA…`. */
export type HostKey = string;

const ownFile = '~/.ssh/known_hosts';

/**
 * The keys that are known of a host.
 * @throws HostError when there is none that the plugin can use: a host is never trusted unseen.
 */
export function hostKeys(target: Target): HostKey[] {
  const keys = target.hostKey
    ? [target.hostKey.split(' ').slice(0, 2).join(' ')]
    : knownKeys(target, expand(target.knownHosts ?? ownFile));
  if (keys.some((key) => !key.startsWith('ssh-rsa '))) return keys;
  throw new HostError(
    target,
    `only its ssh-rsa host key is known, which the command plugin can ask for with SHA-1 alone, and sshd refuses that; ${compare(target, '-t ed25519,ecdsa ')}`,
  );
}

/** Whether a host that shows these bytes is the one that is known. */
export const isKnown = (keys: readonly HostKey[], shown: Buffer): boolean =>
  keys.some((key) => Buffer.from(key.split(' ')[1] ?? '', 'base64').equals(shown));

/** What to do about a host that shows another key. */
export const changedKey = (target: Target): string =>
  `its host key is not the one that is known; nothing was sent. When the host was rebuilt, put its new key into ${target.hostKey ? 'hostKey' : (target.knownHosts ?? ownFile)}; else somebody may be in between`;

/** Only the kinds of key that are known are asked for, else the host may show another one. */
export const algorithms = (keys: readonly HostKey[]): string[] =>
  [...new Set(keys.map(kindOf))].flatMap((kind) =>
    kind === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [kind],
  );

/** The plugin takes one key, and asks for its kind alone. Of `ssh-rsa` it knows SHA-1 only. */
export const preferred = (keys: readonly HostKey[]): HostKey =>
  keys.toSorted((a, b) => kinds.indexOf(kindOf(a)) - kinds.indexOf(kindOf(b)))[0] ?? '';

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
const compare = ({ address, port }: Target, options = ''): string =>
  `compare \`ssh-keyscan ${options}${port === 22 ? '' : `-p ${port} `}${address}\` with what the host shows on its console, then add it to known_hosts or set hostKey`;

function knownKeys(target: Target, path: string): HostKey[] {
  const name = target.port === 22 ? target.address : `[${target.address}]:${target.port}`;
  const lines = (existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [])
    .map((line) => line.trim().split(/\s+/))
    .map((words) => (words[0]?.startsWith('@') ? words : ['', ...words]))
    .filter(([, hosts = '#']) => matches(hosts, name))
    .map(([marker, , kind, key]) => ({ marker, key: `${kind} ${key}` }));
  const marked = (wanted: string) =>
    lines.filter(({ marker }) => marker === wanted).map(({ key }) => key);
  const keys = marked('').filter(
    (key) => kinds.includes(kindOf(key)) && !marked('@revoked').includes(key),
  );
  if (keys.length > 0) return keys;
  const cause = marked('').length > 0 ? 'is revoked' : 'is not';
  throw new HostError(target, `its host key ${cause} in ${path}; ${compare(target)}`);
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

const fits = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => matchesGlob(name, pattern)) &&
  !patterns.some((pattern) => pattern.startsWith('!') && matchesGlob(name, pattern.slice(1)));

function matchesGlob(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(name);
}
