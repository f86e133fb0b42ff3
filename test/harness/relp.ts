/** A machine that takes logs by RELP over TLS: it answers for each message once it has it, and may go away. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createServer, type Server, type TLSSocket } from 'node:tls';

export type LogReceiver = {
  readonly port: number;
  /** Name in its certificate, and who signed that. */
  readonly name: string;
  readonly ca: string;
  /** All messages, those that came twice twice. */
  readonly got: string[];
  /** Goes away in the middle of whatever comes; what has no answer yet may not have been read. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
};

type Pair = { key: Buffer; cert: Buffer };

export async function logReceiver(t: TestContext, at: string): Promise<LogReceiver> {
  const name = 'logs.example.com';
  const pair = certificateOf(name);
  const got: string[] = [];
  let { server, sockets } = receiving(pair, got);
  let port = 0;
  const start = async () => {
    ({ server, sockets } = receiving(pair, got));
    server.listen(port, at);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await start();
  t.after(() => (server.listening ? stop() : undefined));
  return { port, name, ca: pair.cert.toString(), got, stop, start };
}

function receiving(pair: Pair, got: string[]): { server: Server; sockets: Set<TLSSocket> } {
  const sockets = new Set<TLSSocket>();
  const server = createServer(pair, (socket) => {
    sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (more) => {
      rest = Buffer.concat([rest, more]);
      for (let frame = next(rest); frame; frame = next(rest)) {
        rest = rest.subarray(frame.length);
        if (frame.command === 'syslog') got.push(frame.data);
        socket.write(answer(frame));
      }
    });
  });
  return { server, sockets };
}

type Frame = { number: string; command: string; data: string; length: number };

/** `NUMBER COMMAND LENGTH DATA` and a line break; with a length of 0 there is no data and no blank before it. */
function next(bytes: Buffer): Frame | undefined {
  const head = /^(\d+) (\S+) (\d+)[ \n]/.exec(bytes.subarray(0, 64).toString('latin1'));
  const [all = '', number = '', command = '', size = ''] = head ?? [];
  const length = all.length + (size === '0' ? 0 : Number(size) + 1);
  if (!head || bytes.length < length) return undefined;
  const data = size === '0' ? '' : bytes.subarray(all.length, length - 1).toString();
  return { number, command, data, length };
}

function answer({ number, command }: Frame): string {
  if (command === 'close') return `${number} rsp 0\n0 serverclose 0\n`;
  const text =
    command === 'open' ? '200 OK\nrelp_version=0\nrelp_software=test\ncommands=syslog' : '200 OK';
  return `${number} rsp ${text.length} ${text}\n`;
}

function certificateOf(name: string): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-relp-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  try {
    const files = ['-keyout', key, '-out', cert, '-days', '2'];
    execFileSync('openssl', [...made, ...files, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
