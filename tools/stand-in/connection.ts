/**
 * SSH connections as the command plugin makes them: in which order it logs in, how often it tries again,
 * what it says when it fails.
 */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type AnyAuthMethod, type Client, type ConnectConfig } from 'ssh2';
import type { Log } from './engine.ts';

export type Connection = {
  host: string;
  port: number;
  user: string;
  privateKey?: string;
  privateKeyPassword?: string;
  agentSocketPath?: string;
  /** Failed attempts after which it gives up; -1 never. */
  dialErrorLimit: number;
  /** Seconds for one attempt; 0 for no limit. */
  perDialTimeout: number;
  /** `ssh-ed25519 AAAA…`; without it any key is accepted. */
  hostKey?: string;
  /** The host through which it is reached. */
  proxy?: Omit<Connection, 'proxy'>;
};

export type Context = { log: Log; signal: AbortSignal };

/**
 * Opens a connection; the caller ends the client.
 * @throws with the last cause after `dialErrorLimit` failed attempts.
 */
export async function dial(connection: Connection, context: Context): Promise<Client> {
  const login = await loginOf(connection);
  const { proxy } = connection;
  if (!proxy)
    return await retry('Dial', connection, context, async () =>
      handshake(await tcp(connection), connection, login),
    );
  return await dialThrough(proxy, connection, login, context).catch((error: Error) => {
    throw new Error(`proxy: ${error.message}`);
  });
}

/** Each of the three steps is tried again by itself. */
async function dialThrough(
  proxy: Connection,
  connection: Connection,
  login: AnyAuthMethod[],
  context: Context,
): Promise<Client> {
  const own = await loginOf(proxy);
  const outer = await retry('Dial proxy', proxy, context, async () =>
    handshake(await tcp(proxy), proxy, own),
  );
  try {
    const way = await retry('Dial from proxy', connection, context, () =>
      forward(outer, connection),
    );
    const inner = await retry('Dial', connection, context, () => handshake(way, connection, login));
    inner.once('close', () => outer.end());
    return inner;
  } catch (error) {
    outer.end();
    throw error;
  }
}

const forward = (client: Client, { host, port }: Connection): Promise<Duplex> =>
  new Promise((resolve, reject) =>
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) =>
      error ? reject(new Error(`ssh: rejected: ${error.message}`)) : resolve(channel),
    ),
  );

async function retry<T>(
  what: string,
  { dialErrorLimit: limit }: Connection,
  { log, signal }: Context,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failed = 0; ; failed++) {
    try {
      return await attempt();
    } catch (error) {
      if (limit >= 0 && failed >= limit)
        throw new Error(`after ${failed} failed attempts: ${(error as Error).message}`);
    }
    log.status(`${what} ${failed + 1}/${limit < 0 ? 'inf' : limit} failed: retrying`);
    // Pulumi's own pace: 100 ms, half as much again each time, 5 s at most.
    await delay(Math.min(100 * 1.5 ** failed, 5000), undefined, { signal }).catch(() => {
      throw new Error('context canceled');
    });
  }
}

/** The ways to log in, in order; an agent is not asked when a key is given. */
async function loginOf(connection: Connection): Promise<AnyAuthMethod[]> {
  const { user: username, privateKey, privateKeyPassword } = connection;
  const methods: AnyAuthMethod[] = [];
  hostKeyOf(connection); // A wrong one is told at once, not after all attempts.
  if (privateKey !== undefined) {
    const key = ssh2.utils.parseKey(privateKey, privateKeyPassword);
    if (key instanceof Error) throw new Error(`ssh: ${key.message}`);
    methods.push({ type: 'publickey', username, key });
  }
  const agent = connection.agentSocketPath || process.env.SSH_AUTH_SOCK;
  if (agent) {
    await agentAnswers(agent);
    if (privateKey === undefined) methods.push({ type: 'agent', username, agent });
  }
  return methods;
}

/** An agent that is named and not there is an error, even when a key is given. */
const agentAnswers = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(void socket.end()));
    socket.once('error', (error) =>
      reject(new Error(`dial unix ${path}: connect: ${reason(error)}`)),
    );
  });

const tcp = ({ host, port, perDialTimeout }: Connection): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const fail = (text: string) => {
      socket.destroy();
      reject(new Error(`dial tcp ${host}:${port}: ${text}`));
    };
    const socket = connect({ host, port, noDelay: true });
    socket.setTimeout(perDialTimeout * 1000, () => fail('i/o timeout'));
    socket.once('error', (error) => fail(`connect: ${reason(error)}`));
    socket.once('connect', () => resolve(socket.setTimeout(0).removeAllListeners('error')));
  });

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ENOTFOUND: 'no such host',
};

const reason = (error: NodeJS.ErrnoException): string => reasons[error.code ?? ''] ?? error.message;

function handshake(sock: Duplex, connection: Connection, login: AnyAuthMethod[]): Promise<Client> {
  const client = new ssh2.Client();
  let refused = false;
  const options: ConnectConfig = {
    sock: sock as NonNullable<ConnectConfig['sock']>,
    username: connection.user,
    authHandler: login,
    readyTimeout: connection.perDialTimeout * 1000,
    ...onlyHostKey(connection, () => {
      refused = true;
    }),
  };
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${why}`));
    };
    // Once it stands, these change nothing any more: what was lost later shows in what was under way.
    client.on('error', (error) => fail(refused ? 'ssh: host key mismatch' : cause(error, login)));
    client.on('close', () => fail('EOF'));
    client.once('ready', () => resolve(client));
    client.connect(options);
  });
}

function hostKeyOf({ hostKey }: Connection): { type: string; blob: Buffer } | undefined {
  if (hostKey === undefined) return undefined;
  const [type = '', base64 = ''] = hostKey.trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  if (blob.length === 0) throw new Error('failed to parse host key: ssh: no key found');
  return { type, blob };
}

/** The key's own kind is the only one that is asked for, so a host with others must show that one. */
function onlyHostKey(connection: Connection, refuse: () => void): Partial<ConnectConfig> {
  const expected = hostKeyOf(connection);
  if (!expected) return {};
  return {
    algorithms: { serverHostKey: [expected.type] } as NonNullable<ConnectConfig['algorithms']>,
    hostVerifier: (shown: Buffer) => {
      const known = shown.equals(expected.blob);
      if (!known) refuse();
      return known;
    },
  };
}

function cause(error: Error & { level?: string }, login: AnyAuthMethod[]): string {
  if (error.level !== 'client-authentication') return `ssh: ${error.message}`;
  const tried = login.map(({ type }) => (type === 'agent' ? 'publickey' : type)).join(' ');
  return `ssh: unable to authenticate, attempted methods [none ${tried}], no supported methods remain`;
}
