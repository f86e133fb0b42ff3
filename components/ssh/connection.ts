/**
 * One SSH connection to a host, for looking at it.
 *
 * Changes travel through `@pulumi/command`; this connection only reads, in previews too.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import * as pulumi from '@pulumi/pulumi';
import ssh2, { type ConnectConfig } from 'ssh2';

const { Client, utils } = ssh2;

/** Where a host is and how it proves itself. */
export type Target = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** `ssh-ed25519 AAAA…`; else the key is looked up in `knownHosts`. */
  readonly hostKey?: string | undefined;
  /** Path of a known_hosts file; default `~/.ssh/known_hosts`. */
  readonly knownHosts?: string | undefined;
  /** Path of a private key; default: the SSH agent. */
  readonly privateKey?: string | undefined;
};

export type Session = {
  /** Runs a script as root with the host's `sh`; rejects when it fails. */
  script(text: string): Promise<string>;
  close(): void;
};

/** A host that cannot be looked at: names host, address and cause; Pulumi shows it without a stack trace. */
export class HostError extends pulumi.RunError {
  constructor(target: Target, cause: string) {
    super(`server ${target.name} (${target.user}@${target.address}:${target.port}): ${cause}`);
    this.name = 'HostError';
  }
}

/**
 * Opens a connection after checking the host's key. Gives up after 10 seconds.
 * @throws HostError that names the host, the cause and the remedy.
 */
export async function open(target: Target): Promise<Session> {
  const keys = hostKeys(target);
  const client = new Client();
  let refused = false;
  const options: ConnectConfig = {
    host: target.address,
    port: target.port,
    username: target.user,
    readyTimeout: 10_000,
    // A host that falls silent is given up after 15 seconds, however long its answer may take.
    keepaliveInterval: 5_000,
    keepaliveCountMax: 3,
    algorithms: {
      serverHostKey: algorithms(keys) as NonNullable<
        NonNullable<ConnectConfig['algorithms']>['serverHostKey']
      > &
        string[],
    },
    hostVerifier: (key: Buffer) => {
      refused = !keys.some((known) => blobOf(known).equals(key));
      return !refused;
    },
    ...login(target),
  };
  await new Promise<void>((done, failed) => {
    client.once('ready', done);
    client.once('error', (error) =>
      failed(new HostError(target, refused ? changedKey(target) : remedy(error, target))),
    );
    client.connect(options);
  });
  client.on('error', () => client.end());
  return { script: (text) => run(client, target, text), close: () => client.end() };
}

/** What `@pulumi/command` is given to reach the same host. */
export function commandConnection(target: Target): Record<string, string | number> {
  return {
    host: target.address,
    port: target.port,
    user: target.user,
    hostKey: preferred(hostKeys(target)),
    dialErrorLimit: 3,
    ...(target.privateKey && { privateKey: readKey(target, target.privateKey) }),
  };
}

function login(target: Target): ConnectConfig {
  if (target.privateKey) return { privateKey: readKey(target, target.privateKey) };
  const agent = process.env.SSH_AUTH_SOCK;
  if (!agent)
    throw new HostError(
      target,
      'no SSH agent (SSH_AUTH_SOCK is not set); start one with `eval $(ssh-agent)` and `ssh-add`, or set privateKey',
    );
  return { agent };
}

function readKey(target: Target, path: string): string {
  const text = existsSync(expand(path)) ? readFileSync(expand(path), 'utf8') : '';
  const key = utils.parseKey(text);
  if (!(key instanceof Error)) return text;
  const cause = text === '' ? 'there is no such file' : key.message;
  throw new HostError(
    target,
    `privateKey ${path} cannot be used (${cause}); name an unencrypted private key, or leave it out and use the SSH agent`,
  );
}

const expand = (path: string): string => resolve(path.replace(/^~(?=\/)/, homedir()));

/**
 * The keys by which a host may prove itself, as `type base64`.
 * @throws HostError when there is none that the plugin can use: a host is never trusted unseen.
 */
export function hostKeys(target: Target): string[] {
  const keys = target.hostKey
    ? [target.hostKey.split(' ').slice(0, 2).join(' ')]
    : knownKeys(target, expand(target.knownHosts ?? '~/.ssh/known_hosts'));
  if (keys.some((key) => !key.startsWith('ssh-rsa '))) return keys;
  throw new HostError(
    target,
    `only its ssh-rsa host key is known, which the command plugin can ask for with SHA-1 alone, and sshd refuses that; ${remember(target, '-t ed25519,ecdsa ')}`,
  );
}

/** What to do about a key that is not known. */
const remember = ({ address, port }: Target, options = ''): string =>
  `compare \`ssh-keyscan ${options}${port === 22 ? '' : `-p ${port} `}${address}\` with what the host shows on its console, then add it to known_hosts or set hostKey`;

function knownKeys(target: Target, path: string): string[] {
  const name = target.port === 22 ? target.address : `[${target.address}]:${target.port}`;
  const lines = (existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [])
    .map((line) => line.trim().split(/\s+/))
    .map((words) => (words[0]?.startsWith('@') ? words : ['', ...words]))
    .filter(([, hosts = '#']) => matches(hosts, name))
    .map(([marker, , type, key]) => ({ marker, key: `${type} ${key}` }));
  const marked = (wanted: string) =>
    lines.filter(({ marker }) => marker === wanted).map(({ key }) => key);
  const keys = marked('').filter(
    (key) => kinds.includes(kindOf(key)) && !marked('@revoked').includes(key),
  );
  if (keys.length > 0) return keys;
  const cause = marked('').length > 0 ? 'is revoked' : 'is not';
  throw new HostError(target, `its host key ${cause} in ${path}; ${remember(target)}`);
}

/** Kinds of keys that both connections know, modern ones first. */
const kinds = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
];

const kindOf = (key: string): string => key.split(' ')[0] ?? '';

/** Whether one of these patterns is the host's, or the hash of its name; see sshd(8). */
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

const blobOf = (key: string): Buffer => Buffer.from(key.split(' ')[1] ?? '', 'base64');

/** Only the kinds of key that are known are asked for, else the host may show another one. */
const algorithms = (keys: string[]): string[] =>
  [...new Set(keys.map(kindOf))].flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type],
  );

/** The plugin takes one key, and asks for its kind alone. Of `ssh-rsa` it knows SHA-1 only. */
const preferred = (keys: string[]): string =>
  keys.toSorted((a, b) => kinds.indexOf(kindOf(a)) - kinds.indexOf(kindOf(b)))[0] ?? '';

const changedKey = (target: Target): string =>
  `its host key is not the one that is known; nothing was sent. When the host was rebuilt, put its new key into ${target.hostKey ? 'hostKey' : (target.knownHosts ?? '~/.ssh/known_hosts')}; else somebody may be in between`;

/** What to do about an error that ended the attempt to connect. */
export function remedy(error: Error & { level?: string; code?: string }, target: Target): string {
  // sshd counts each key that an agent offers, and hangs up after six.
  if (/too many authentication failures/i.test(error.message))
    return 'it hung up after too many keys that it does not know; take some out of the agent (ssh-add -d), or name the right one as privateKey';
  if (error.level === 'client-authentication')
    return `it refused the login; is the public key in ~${target.user}/.ssh/authorized_keys, and the private one in the agent (ssh-add -l)?`;
  return `cannot be reached: ${error.message || error.code}; check address, port and firewall`;
}

async function run(client: ssh2.Client, target: Target, script: string): Promise<string> {
  const command = target.user === 'root' ? 'sh -s' : 'sudo -n sh -s';
  const { code, stdout, stderr } = await exec(client, command, script).catch((error: Error) => {
    throw new HostError(target, `the connection was lost while it was looked at: ${error.message}`);
  });
  if (code === 0) return stdout;
  if (/password is required/.test(stderr))
    throw new HostError(
      target,
      `${target.user} may not use sudo without a password; add "${target.user} ALL=(ALL) NOPASSWD: ALL" with visudo, or log in as root`,
    );
  throw new HostError(target, `looking at it failed with exit code ${code}: ${stderr.trim()}`);
}

type Ended = { code: number; stdout: string; stderr: string };

const exec = (client: ssh2.Client, command: string, input: string): Promise<Ended> =>
  new Promise((done, failed) => {
    client.once('error', failed);
    client.once('close', () => failed(new Error('closed by the other side')));
    client.exec(command, (error, stream) => {
      if (error) return failed(error);
      const output = Promise.all([text(stream), text(stream.stderr)]);
      stream.once('exit', (code: number | null) =>
        output.then(([stdout, stderr]) => done({ code: code ?? 255, stdout, stderr }), failed),
      );
      stream.end(input);
    });
  });
