/**
 * An SSH server in this process, for tests: it runs commands with this machine's `sh` and takes files over SFTP,
 * and remembers who came and what was asked. It is no Debian host: what needs one is a scenario.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import ssh2, {
  type Attributes,
  type AuthContext,
  type Client,
  type Connection,
  type ServerChannel,
  type Session,
  type SFTPWrapper,
} from 'ssh2';

const { STATUS_CODE } = ssh2.utils.sftp;

type KeyPair = { private: string; public: string };

/** A new key pair, on request with a passphrase. */
export function keyPair(type: 'ed25519' | 'ecdsa' = 'ed25519', passphrase?: string): KeyPair {
  const lock = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-cbc', rounds: 4 };
  const options = { bits: 256, ...lock } as { bits: 256 };
  const pair = ssh2.utils.generateKeyPairSync(type as 'ecdsa', options);
  // ssh2 1.17 writes three in a thousand ed25519 keys so that it cannot read them itself (mscdex/ssh2#1390).
  const read = [ssh2.utils.parseKey(pair.private, passphrase), ssh2.utils.parseKey(pair.public)];
  return read.some((key) => key instanceof Error) ? keyPair(type, passphrase) : pair;
}

export type SshServer = {
  port: number;
  /** Connections that are open now, and that were ever made. */
  connections: { open: number; total: number };
  /** Each command, with the variables that came before it. */
  commands: Array<{ command: string; environment: Record<string, string> }>;
  /** Cuts all connections. */
  drop(): void;
  close(): Promise<void>;
};

export type Admission = {
  hostKeys?: string[];
  /** A public key that may log in. */
  publicKey?: string;
  /** So many connections are cut before they say anything. */
  refuse?: number;
};

/** Starts a server on a free port of 127.0.0.1. */
export async function sshServer(admission: Admission = {}): Promise<SshServer> {
  const connections = { open: 0, total: 0 };
  const commands: SshServer['commands'] = [];
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: admission.hostKeys ?? [keyPair().private] });
  server.on('connection', (client) => {
    (client as unknown as Client).setNoDelay(true); // which the types leave out
    connections.total++;
    if (connections.total <= (admission.refuse ?? 0)) {
      client.end();
      return;
    }
    connections.open++;
    clients.add(client);
    client.on('close', () => {
      connections.open--;
      clients.delete(client);
    });
    client.on('error', () => {}); // A client that turns away is what some tests want.
    client.on('authentication', (login) => admit(login, admission));
    client.on('tcpip', (accept, reject, { destIP, destPort }) =>
      lead(accept, reject, destPort, destIP),
    );
    client.on('session', (accept) => serve(accept(), commands));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = () => {
    for (const client of clients) client.end();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    commands,
    drop,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
}

function admit(login: AuthContext, admission: Admission): void {
  if (mayEnter(login, admission)) login.accept();
  else login.reject(admission.publicKey === undefined ? [] : ['publickey']);
}

function mayEnter(login: AuthContext, { publicKey }: Admission): boolean {
  if (login.method !== 'publickey' || publicKey === undefined) return false;
  const known = ssh2.utils.parseKey(publicKey);
  if (known instanceof Error || !known.getPublicSSH().equals(login.key.data)) return false;
  // Without a signature the client only asks whether the key would do.
  return (
    !login.signature || known.verify(login.blob as Buffer, login.signature, login.hashAlgo) === true
  );
}

/** As a jump host does. */
function lead(
  accept: () => ServerChannel,
  reject: () => void,
  port: number,
  address: string,
): void {
  const further = connect(port, address, () => {
    const channel = accept();
    channel.pipe(further).pipe(channel);
    channel.once('close', () => further.destroy());
  });
  further.once('error', () => reject());
}

function serve(session: Session, commands: SshServer['commands']): void {
  const environment: Record<string, string> = {};
  session.on('env', (accept, _reject, { key, val }) => {
    environment[key] = val;
    accept?.();
  });
  session.on('exec', (accept, _reject, { command }) => {
    commands.push({ command, environment });
    const channel = accept();
    const child = spawn('/bin/sh', ['-c', command], { env: { ...process.env, ...environment } });
    channel.pipe(child.stdin);
    child.stdin.on('error', () => {});
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on('close', (code, signal) => {
      if (signal) channel.exit(signal.replace(/^SIG/, ''));
      else channel.exit(code ?? 255);
      channel.close();
    });
  });
  session.on('sftp', (accept) => files(accept()));
}

/** As much of SFTP as writing files takes. */
function files(sftp: SFTPWrapper): void {
  const answer = (id: number, action: () => void) => {
    try {
      action();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const missing = code === 'ENOENT' || code === 'ENOTDIR'; // as OpenSSH has it
      sftp.status(id, missing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE, message);
    }
  };
  const act = (id: number, action: () => void) =>
    answer(id, () => {
      action();
      sftp.status(id, STATUS_CODE.OK);
    });
  const descriptor = (handle: Buffer): number => handle.readUInt32BE();
  sftp.on('OPEN', (id, path, flags) =>
    answer(id, () => {
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(openSync(path, ssh2.utils.sftp.flagsToString(flags) ?? 'r'));
      sftp.handle(id, handle);
    }),
  );
  sftp.on('WRITE', (id, handle, offset, data) =>
    act(id, () => writeSync(descriptor(handle), data, 0, data.length, offset)),
  );
  sftp.on('CLOSE', (id, handle) => act(id, () => closeSync(descriptor(handle))));
  sftp.on('STAT', (id, path) => answer(id, () => sftp.attrs(id, attributes(path))));
  sftp.on('MKDIR', (id, path) => act(id, () => mkdirSync(path)));
}

function attributes(path: string): Attributes {
  const { mode, uid, gid, size, atimeMs, mtimeMs } = statSync(path);
  return { mode, uid, gid, size, atime: atimeMs / 1000, mtime: mtimeMs / 1000 };
}
