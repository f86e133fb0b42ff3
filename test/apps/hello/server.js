// The sample app: a page, and what the tests ask for. It needs nothing but Node.js 18 or later.
import { createWriteStream } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { echoFrames, handshake } from './websocket.js';

const { HOST = '127.0.0.1', PORT = '3700', UPLOADS = 'uploads', GREETING = 'Hello' } = process.env;

// The working directory is that of the release, and stays so when another becomes current.
const release = basename(process.cwd()).slice(0, 12);
const self = { release, instance: Number(PORT), pid: process.pid, node: process.version };

// Connections without an end of their own; they are closed when the app is to stop.
const streams = new Set();
let isStopping = false;

const escapeHtml = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(GREETING)}</title>
<h1>${escapeHtml(GREETING)} from ${hostname()}</h1>
<p>Release ${release}, instance ${PORT}, Node.js ${process.version}</p>
`;

const routes = {
  'GET /': (_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page);
  },
  'GET /health': (_request, response) => response.end('ok\n'),
  'GET /whoami': (_request, response) => json(response, self),
  'GET /headers': (request, response) => json(response, request.headers),
  // Answers after ?ms= milliseconds.
  'GET /slow': async (_request, response, query) => {
    await sleep(Number(query.get('ms') ?? 1000));
    json(response, self);
  },
  // Answers with ?bytes= bytes, in ?ms= milliseconds.
  'GET /download': async (_request, response, query) => {
    const [bytes, ms] = [Number(query.get('bytes') ?? 1e6), Number(query.get('ms') ?? 0)];
    response.setHeader('content-length', bytes);
    for (let part = 1; part <= 10; part++) {
      const length = Math.floor((bytes * part) / 10) - Math.floor((bytes * (part - 1)) / 10);
      response.write(Buffer.alloc(length, '.'));
      await sleep(ms / 10);
    }
    response.end();
  },
  'POST /echo': (request, response) => pipeline(request, response),
  'POST /record': record,
  'PUT /record': record,
  'DELETE /record': record,
  // Stores the body as ?name= among the uploads, and notes ?id=.
  'POST /upload': async (request, response, query) => {
    const name = basename(query.get('name') ?? '');
    if (!/^[\w-][\w.-]*$/.test(name)) return fail(response, 400, 'a plain file name is expected');
    await pipeline(request, createWriteStream(join(UPLOADS, name)));
    await note(query);
    response.statusCode = 201;
    json(response, { name });
  },
  // What its sandbox lets it do: the errors that it gets, or none.
  'GET /sandbox': async (_request, response, query) => {
    const attempts = {
      interfaces: () => networkInterfaces(),
      connect: () => reach(query.get('address') ?? '127.0.0.1'),
      webassembly: () => new WebAssembly.Module(Buffer.from('0061736d01000000', 'hex')),
    };
    const errors = Object.entries(attempts).map(async ([name, attempt]) => {
      const error = await Promise.resolve()
        .then(attempt)
        .then(() => null, String);
      return [name, error];
    });
    json(response, Object.fromEntries(await Promise.all(errors)));
  },
  // Server-sent events: one each second.
  'GET /events': (_request, response) => {
    response.setHeader('content-type', 'text/event-stream');
    const send = () => response.write(`data: ${JSON.stringify({ ...self, at: Date.now() })}\n\n`);
    const timer = setInterval(send, 1000);
    send();
    keep(response, () => response.end());
    response.on('close', () => clearInterval(timer));
  },
};

async function record(request, response, query) {
  await pipeline(request.resume(), async () => {});
  await note(query);
  json(response, self);
}

// Notes ?id= in a file that all instances share, so that a request which two of them did is seen.
async function note(query) {
  if (query.has('id'))
    await appendFile(join(UPLOADS, 'record.txt'), `${query.get('id')} ${release} ${PORT}\n`);
}

function reach(host) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 22, timeout: 2000 }, () => resolve(socket.destroy()));
    socket.on('timeout', () => socket.destroy(new Error('silence')));
    socket.on('error', reject);
  });
}

function json(response, value) {
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(value)}\n`);
}

function fail(response, status, message) {
  response.statusCode = status;
  response.end(`${message}\n`);
}

function keep(stream, close) {
  streams.add(close);
  stream.on('close', () => streams.delete(close));
}

const server = createServer(async (request, response) => {
  // Once it is to stop, no connection stays open for a next request.
  response.on('close', () => isStopping && setImmediate(() => server.closeIdleConnections()));
  const { pathname, searchParams } = new URL(request.url, 'http://app');
  const route = routes[`${request.method} ${pathname}`];
  if (!route) return fail(response, 404, 'not found');
  try {
    await route(request, response, searchParams);
  } catch (error) {
    console.error(`${request.method} ${pathname}: ${error.message}`);
    if (response.headersSent) response.destroy();
    else fail(response, 500, 'failed');
  }
});

server.on('upgrade', (request, socket) => {
  handshake(request, socket);
  keep(socket, echoFrames(socket));
});

// What is being answered is answered to its end; then there is nothing left that keeps the process.
process.on('SIGTERM', () => {
  isStopping = true;
  server.close();
  server.closeIdleConnections();
  for (const close of streams) close();
});

// systemd may hold the port open and pass it on as file descriptor 3.
const where = process.env.LISTEN_FDS ? { fd: 3 } : { host: HOST, port: Number(PORT) };
server.listen(where, () => console.log(`release ${release} listens on ${HOST}:${PORT}`));
