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
 * @throws HostError when there is none: a host is never trusted unseen.
 */
export function hostKeys(target: Target): string[] {
  if (target.hostKey) return [target.hostKey.split(' ').slice(0, 2).join(' ')];
  const path = expand(target.knownHosts ?? '~/.ssh/known_hosts');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const name = target.port === 22 ? target.address : `[${target.address}]:${target.port}`;
  const keys = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([hosts = '#']) => matches(hosts, name));
  if (keys.length === 0)
    throw new HostError(
      target,
      `its host key is not in ${path}; compare \`ssh-keyscan ${target.address}\` with what the host shows on its console, then add it there or set hostKey`,
    );
  return keys.map(([, type, key]) => `${type} ${key}`);
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('#') || hosts.startsWith('@')) return false;
  const [, version, salt, hash] = hosts.split('|');
  if (version !== '1' || !salt || !hash) return hosts.split(',').includes(name);
  const wanted = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  const actual = Buffer.from(hash, 'base64');
  return actual.length === wanted.length && timingSafeEqual(actual, wanted);
}

const blobOf = (key: string): Buffer => Buffer.from(key.split(' ')[1] ?? '', 'base64');

/** Only the kinds of key that are known are asked for, else the host may show another one. */
const algorithms = (keys: string[]): string[] =>
  [...new Set(keys.map((key) => key.split(' ')[0] ?? ''))].flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type],
  );

/** The plugin takes one key, and asks for its kind alone: modern ones first. Of `ssh-rsa` it knows SHA-1 only. */
function preferred(keys: string[]): string {
  const order = [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'ssh-rsa',
  ];
  const rank = (key: string) => order.indexOf(key.split(' ')[0] ?? '');
  return [...keys].sort((a, b) => rank(a) - rank(b))[0] ?? '';
}

const changedKey = (target: Target): string =>
  `its host key is not the one that is known; nothing was sent. When the host was rebuilt, put its new key into ${target.hostKey ? 'hostKey' : (target.knownHosts ?? '~/.ssh/known_hosts')}; else somebody may be in between`;

function remedy(error: Error & { level?: string; code?: string }, target: Target): string {
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
