/** One attempt to connect, with what ssh2 says of it to nobody else. */
import type { Duplex } from 'node:stream';
import ssh2, { type AnyAuthMethod, type Client, type ConnectConfig } from 'ssh2';
import { forward } from './forward.ts';
import {
  absentKey,
  algorithms,
  type HostKey,
  isKnown,
  type Known,
  preferred,
} from './known-hosts.ts';
import type { Login } from './login.ts';
import { type Attempt, offered } from './refusals.ts';
import { HostError, type Target } from './target.ts';

/** How a host was reached, for the plugin to do the same. */
export type Reached = {
  readonly target: Target;
  readonly login: Login;
  /** The key that it is told by. */
  readonly hostKey: HostKey;
  /** Those that are known of it here, of which it has shown one. */
  readonly known: readonly HostKey[];
  /** Keys of the agent that it refused before it took one. */
  readonly refusals: number;
  readonly jump: Reached | undefined;
};

/** A connection that stands. */
export type Line = { readonly client: Client; readonly target: Target; reached(): Reached };

export type Waits = {
  /** Milliseconds until a connection must stand. */
  readonly ready: number;
  /** Milliseconds for which a machine that boots is tried again; none for one that has booted. */
  readonly boot?: number;
  /** Milliseconds between two questions whether the host is still there; it is given up at the third without an answer. */
  readonly alive: number;
  /** Milliseconds before each further attempt where it looks as if the rate of connections were limited. */
  readonly again: readonly number[];
};

type Given = {
  target: Target;
  jump: Line | undefined;
  /** To the host, through the jump host. */
  stream: Duplex | undefined;
  keys: readonly HostKey[];
  facts: Known;
  ways: readonly Login[];
  waits: Waits;
  attempt: { -readonly [Key in keyof Attempt]: Attempt[Key] };
};

/** Where the host shows a key that is not the one that is known. */
export const otherKey = new Error('its host key is another one');

export async function connect({
  target,
  jump,
  stream,
  keys,
  facts,
  ways,
  waits,
  attempt,
}: Given): Promise<Line> {
  const client = new ssh2.Client();
  const proven: HostKey[] = [];
  let isOther = false;
  let login = ways[0] as Login;
  const left = [...ways];
  const options: ConnectConfig = {
    ...(stream ? { sock: stream } : { host: target.address, port: target.port }),
    username: target.user,
    readyTimeout: waits.ready,
    keepaliveInterval: waits.alive,
    keepaliveCountMax: 3,
    algorithms: { ...offered, serverHostKey: algorithms(keys) } as unknown as NonNullable<
      ConnectConfig['algorithms']
    >,
    hostVerifier: (shown: Buffer) => {
      isOther = !isKnown(keys, shown);
      proven.push(...keys.filter((key) => isKnown([key], shown)));
      return !isOther;
    },
    debug: followLogin(attempt),
    authHandler: (_methods, _isPartial, next) => {
      const way = attempt.isPartial ? undefined : left.shift();
      if (way === undefined) return next(false as never); // as ssh2's own words have it, and its types not
      login = way;
      attempt.tried = [...attempt.tried, way];
      next(authOf(target, way));
    },
  };
  client.on('banner', (text) => {
    attempt.greeting += text;
  });
  client.on('hostkeys', (announced) => {
    const lines = announced.map((key) => `${key.type} ${key.getPublicSSH().toString('base64')}`);
    proven.push(...lines.filter((line) => !facts.revoked.includes(line)));
  });
  client.once('connect', () => {
    attempt.isConnected = true;
  });
  client.once('greeting', (text) => {
    attempt.greeting = text;
  });
  await new Promise<void>((done, failed) => {
    client.once('ready', done);
    // Others may follow the one that tells: without anybody to hear them they would end the program.
    client.on('error', (error) => {
      const isAbsent = /no matching host key format/.test(error.message);
      failed(
        isOther ? otherKey : isAbsent ? new HostError(target, absentKey(target, keys)) : error,
      );
    });
    client.once('close', () => failed(new Error('it hung up')));
    client.connect(options);
    // A question goes out at once: to wait for more to send along takes a quarter of a second of each look.
    if (!jump) client.setNoDelay(true);
  }).catch((error) => {
    client.destroy();
    throw error;
  });
  client.on('error', () => client.end());
  if (jump) client.once('close', () => jump.client.end());
  const reached = (): Reached => ({
    ...{ target, login, jump: jump?.reached(), known: keys, refusals: attempt.refusals },
    hostKey: preferred(target, target.hostKey ? proven.slice(0, 1) : proven),
  });
  return { client, target, reached };
}

/** Of the keys of an agent ssh2 tells nobody else what came of them. */
function followLogin(attempt: Given['attempt']): (line: string) => void {
  let isSigned = false;
  return (line) => {
    isSigned ||= line.endsWith('Sending USERAUTH_REQUEST (publickey)');
    const [, methods] = /Received USERAUTH_FAILURE \((.*)\)$/.exec(line) ?? [];
    if (methods === undefined) return;
    attempt.methods = methods.split(',');
    attempt.refusals += 1;
    attempt.isPartial ||= isSigned && !attempt.methods.includes('publickey');
    isSigned = false;
  };
}

const authOf = ({ user: username }: Target, login: Login): AnyAuthMethod =>
  'key' in login
    ? { type: 'publickey', username, key: login.key.text }
    : { type: 'agent', username, agent: login.agent };

/** A stream to a host through its jump host. */
export const throughTo = (target: Target, { client }: Line): Promise<Duplex> =>
  forward(client, target.address, target.port).catch((error: Error) => {
    throw new HostError(
      target,
      `its jump host ${target.jump?.address} does not lead to it: ${error.message}; check address and port as seen from there, and AllowTcpForwarding in its sshd_config`,
    );
  });
