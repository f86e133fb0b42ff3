/**
 * Receivers of alerts on this machine, each as strict as the real one: what Slack, Telegram, a webhook and a mail server
 * take, and what they say to the rest.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createPlain, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createServer as createTls, TLSSocket } from 'node:tls';

/** What a receiver answers instead of what it thinks itself. */
export type Mood = { status: number; body?: string; headers?: Record<string, string> } | 'slow';

export type Receiver = {
  readonly origin: string;
  readonly port: number;
  /** What was taken, in its order. */
  readonly got: Record<string, unknown>[];
  /** Paths that were asked, with what was taken and what was not. */
  readonly asked: string[];
  /** What it answers next, one after another; then it thinks for itself again. */
  readonly moods: Mood[];
};

type Taken = { status: number; body: string };
type Judge = (request: IncomingMessage, body: Record<string, unknown>) => Taken;

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

/** A receiver of JSON that takes what a judge finds good. */
async function receiver(t: TestContext, judge: Judge): Promise<Receiver> {
  const [got, asked, moods]: [Record<string, unknown>[], string[], Mood[]] = [[], [], []];
  const server = createServer(async (request, response) => {
    asked.push(request.url ?? '');
    const text = await bodyOf(request);
    const mood = moods.shift();
    if (mood === 'slow') return;
    const isJson = /^application\/json; charset=utf-8$/.test(request.headers['content-type'] ?? '');
    const body = JSON.parse(text);
    const { status, body: answer = '' } =
      mood ?? (isJson && request.method === 'POST' ? judge(request, body) : { status: 415 });
    if (status < 300) got.push(body);
    response.writeHead(status, mood?.headers).end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, got, asked, moods };
}

const only = (body: object, ...keys: string[]): boolean =>
  Object.keys(body).every((key) => keys.includes(key));

/** As hooks.slack.com: a path that is a secret, `text` in which & < > stand for themselves alone as entities. */
export const slack = (t: TestContext, path = '/services/T0/B0/abcdef') =>
  receiver(t, ({ url }, body) => {
    if (url !== path) return { status: 404, body: 'no_service' };
    const { text } = body;
    const isText = typeof text === 'string' && text !== '' && text.length <= 40_000;
    const isEscaped = !/[<>]|&(?!(?:amp|lt|gt);)/.test(String(text));
    return isText && isEscaped && only(body, 'text')
      ? { status: 200, body: 'ok' }
      : { status: 400, body: 'invalid_payload' };
  });

/** As api.telegram.org: the token in the path, HTML of few tags, 4096 characters once it is read. */
export const telegram = (t: TestContext, token = '123:ABC-def', chat = '-100123') =>
  receiver(t, ({ url }, body) => {
    const no = (status: number, description: string) => ({
      status,
      body: JSON.stringify({ ok: false, error_code: status, description }),
    });
    if (url !== `/bot${token}/sendMessage`) return no(401, 'Unauthorized');
    const { chat_id, text, parse_mode } = body;
    if (chat_id !== chat) return no(400, 'Bad Request: chat not found');
    const bare = String(text).replace(/<\/?(?:b|pre)>/g, '');
    if (parse_mode !== 'HTML' || /[<>]|&(?!(?:amp|lt|gt|quot);)/.test(bare))
      return no(400, "Bad Request: can't parse entities");
    if (bare.replace(/&\w+;/g, '.').length > 4096)
      return no(400, 'Bad Request: message is too long');
    return { status: 200, body: '{"ok":true,"result":{}}' };
  });

/** One that wants a token, and exactly what docs/alerts.md promises. */
export const webhook = (t: TestContext, token = 't0ken') =>
  receiver(t, ({ headers }, body) => {
    if (headers.authorization !== `Bearer ${token}`) return { status: 401, body: 'who are you?' };
    const keys = ['version', 'event', 'subject', 'host', 'time', 'title', 'text', 'more'];
    return only(body, ...keys) && keys.every((key) => key in body) && body.version === 1
      ? { status: 204, body: '' }
      : { status: 422, body: 'other fields than expected' };
  });

export type Mailbox = {
  readonly port: number;
  readonly got: { from: string; to: string; message: string }[];
  /** Lines that came before TLS. */
  readonly plain: string[];
  /** What RCPT TO is answered with next. */
  readonly refusals: string[];
};

/** A certificate for 127.0.0.1 of an authority of its own. */
export function certificate(folder: string): { key: Buffer; cert: Buffer; path: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', key, '-out', cert, '-days', '2'];
  execFileSync('openssl', [...made, ...files, ...subject], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert), path: cert };
}

/** A mail server that takes mail over TLS alone, from one user who has logged in (RFC 5321, 3207, 4954). */
export async function mailbox(
  t: TestContext,
  { key, cert }: { key: Buffer; cert: Buffer },
  { tls, user = 'alerts@example.com', password = 'pass "word" \\' }: Login,
): Promise<Mailbox> {
  const box: Mailbox = { port: 0, got: [], plain: [], refusals: [] };
  const talk = (socket: Socket, isSafe: boolean) =>
    converse(socket, { box, key, cert, user, password }, isSafe);
  const server =
    tls === 'always'
      ? createTls({ key, cert }, (socket) => talk(socket, true))
      : createPlain((socket) => talk(socket, false));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { ...box, port: (server.address() as AddressInfo).port };
}

type Login = { tls: 'always' | 'starttls'; user?: string; password?: string };
type Post = { box: Mailbox; key: Buffer; cert: Buffer; user: string; password: string };

function converse(socket: Socket, post: Post, isSafe: boolean, isGreeted = false): void {
  const { box, key, cert, user, password } = post;
  const good = Buffer.from(`\0${user}\0${password}`).toString('base64');
  let [from, to, isKnown, data, rest]: [string, string, boolean, string | undefined, string] = [
    ...(['', '', false] as const),
    undefined,
    '',
  ];
  const say = (line: string) => socket.write(`${line}\r\n`);
  if (!isGreeted) say('220 mail.example.com ESMTP');
  socket.on('error', () => {});
  let isAsked = false;
  const logIn = (given: string): void => {
    isKnown = given === good;
    say(isKnown ? '235 2.7.0 ok' : '535 5.7.8 authentication failed');
  };
  const answer = (line: string): void => {
    if (isAsked) {
      isAsked = false;
      return void logIn(line);
    }
    if (!isSafe) box.plain.push(line);
    const [, verb = '', words = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    const command = verb.toUpperCase();
    if (command === 'EHLO') {
      say('250-mail.example.com');
      return void say(isSafe ? '250 AUTH PLAIN' : '250 STARTTLS');
    }
    if (command === 'STARTTLS' && !isSafe) {
      say('220 go ahead');
      socket.removeAllListeners('data');
      return void converse(new TLSSocket(socket, { isServer: true, key, cert }), post, true, true);
    }
    if (command === 'QUIT') return void socket.end('221 bye\r\n');
    if (!isSafe) return void say('530 5.7.0 Must issue a STARTTLS command first');
    if (command === 'AUTH' && words === 'PLAIN') {
      isAsked = true;
      return void say('334 ');
    }
    if (command === 'AUTH') return void logIn(words.replace('PLAIN ', ''));
    if (!isKnown) return void say('530 5.7.0 Authentication required');
    if (command === 'MAIL') {
      from = /<(.*?)>/.exec(words)?.[1] ?? '';
      return void say(from === user ? '250 ok' : '553 5.7.1 not your address');
    }
    if (command === 'RCPT') {
      to = /<(.*?)>/.exec(words)?.[1] ?? '';
      return void say(box.refusals.shift() ?? '250 ok');
    }
    if (command === 'DATA') {
      data = '';
      return void say('354 go on');
    }
    say('500 what?');
  };
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    for (let at = rest.indexOf('\r\n'); at >= 0; at = rest.indexOf('\r\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 2);
      if (data === undefined) answer(line);
      else if (line === '.') {
        box.got.push({ from, to, message: data });
        data = undefined;
        say('250 queued');
      } else data += `${line.replace(/^\./, '')}\r\n`;
    }
  });
}
