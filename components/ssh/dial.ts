/** Connections to hosts: through a jump host where ssh_config says so, with patience where their rate is limited. */
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type AnyAuthMethod, type Client, type ConnectConfig } from 'ssh2';
import { certified } from './authority.ts';
import { resolve } from './config.ts';
import {
  absentKey,
  algorithms,
  changedKey,
  type HostKey,
  isKnown,
  type Known,
  known,
  preferred,
} from './known-hosts.ts';
import { type Login, logins } from './login.ts';
import { type Attempt, isLimit, offered, type Refusal, remedy } from './refusals.ts';
import { HostError, type Target, type Way } from './target.ts';

/** How a host was reached, for the plugin to do the same. */
export type Reached = {
  readonly target: Target;
  readonly login: Login;
  /** The key that it is told by. */
  readonly hostKey: HostKey;
  readonly jump: Reached | undefined;
};

/** A connection that stands. */
export type Line = { readonly client: Client; readonly target: Target; reached(): Reached };

export type Waits = {
  /** Milliseconds until a connection must stand. */
  readonly ready: number;
  /** Milliseconds between two questions whether the host is still there; it is given up at the third without an answer. */
  readonly alive: number;
  /** Milliseconds before each further attempt where it looks as if the rate of connections were limited. */
  readonly again: readonly number[];
};

/** Tells people what is waited for. */
export type Say = (line: string) => void;

/**
 * Reaches a host as ssh would.
 * @throws HostError that names the host, the cause and the remedy.
 */
export async function dial(way: Way, waits: Waits, say: Say): Promise<Line> {
  return await reach(await resolve(way), waits, say);
}

async function reach(target: Target, waits: Waits, say: Say): Promise<Line> {
  const facts = known(target);
  const ways = await logins(target);
  for (const pause of [...waits.again, undefined]) {
    const attempt = { isConnected: false, greeting: '', tried: [], methods: [], isPartial: false };
    try {
      return await viaJump(target, waits, say, async (jump) => {
        const keys = facts.keys.length > 0 ? facts.keys : await certified(target, facts);
        const given = { target, jump, keys, facts, ways, waits, attempt };
        return await connect(given).catch(async (error) => {
          // A key that was known once does not keep an authority from vouching for another.
          if (error !== otherKey || facts.authorities.length === 0) throw error;
          return await connect({ ...given, keys: await certified(target, facts) });
        });
      });
    } catch (error) {
      if (error === otherKey) throw new HostError(target, changedKey(target));
      if (error instanceof HostError) throw error;
      const refusal = error as Refusal;
      if (pause === undefined || !isLimit(refusal, attempt))
        throw new HostError(target, remedy(refusal, target, attempt));
      const { message } = new HostError(target, 'refuses to be connected to, as where the rate');
      say(`${message} of SSH connections is limited; trying again in ${pause / 1000} s`);
      await sleep(pause);
    }
  }
  throw new Error('unreachable');
}

async function viaJump(
  target: Target,
  waits: Waits,
  say: Say,
  next: (jump: Line | undefined) => Promise<Line>,
): Promise<Line> {
  const jump = target.jump && (await reach(target.jump, waits, say));
  try {
    return await next(jump);
  } catch (error) {
    jump?.client.end();
    throw error;
  }
}

type Given = {
  target: Target;
  jump: Line | undefined;
  keys: readonly HostKey[];
  facts: Known;
  ways: readonly Login[];
  waits: Waits;
  attempt: { -readonly [Key in keyof Attempt]: Attempt[Key] };
};

const otherKey = new Error('its host key is another one');

async function connect({ target, jump, keys, facts, ways, waits, attempt }: Given): Promise<Line> {
  const client = new ssh2.Client();
  const proven: HostKey[] = [];
  let isOther = false;
  let login = ways[0] as Login;
  const left = [...ways];
  const options: ConnectConfig = {
    ...(jump
      ? { sock: await throughTo(target, jump) }
      : { host: target.address, port: target.port }),
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
    ...{ target, login, jump: jump?.reached() },
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
    attempt.isPartial ||= isSigned && !attempt.methods.includes('publickey');
    isSigned = false;
  };
}

const authOf = ({ user: username }: Target, login: Login): AnyAuthMethod =>
  'key' in login
    ? { type: 'publickey', username, key: login.key.text }
    : { type: 'agent', username, agent: login.agent };

const throughTo = (target: Target, { client }: Line): Promise<Duplex> =>
  new Promise((done, failed) =>
    client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, channel) =>
      error
        ? failed(
            new HostError(
              target,
              `its jump host ${target.jump?.address} does not lead to it: ${error.message}; check address and port as seen from there, and AllowTcpForwarding in its sshd_config`,
            ),
          )
        : done(channel as unknown as Duplex),
    ),
  );
