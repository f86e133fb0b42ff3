// An app that fails in each way that it is told to. It needs nothing but Node.js 18 or later.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { PORT, DATA_DIR, DATABASE, CURED } = process.env;

// A release that crashes on every start, of one instance alone, until another release comes that does not.
if (!CURED && existsSync(`${DATA_DIR}/crash.${PORT}`)) throw new Error('crashes on every start');

// What most apps do that have a database and no patience.
if (DATABASE) {
  const [host, port] = DATABASE.split(':');
  await new Promise((resolve) =>
    connect(Number(port), host, resolve).on('error', (error) => {
      throw error;
    }),
  );
}

const leak = [];
const ways = {
  '/exit': () => process.exit(0),
  '/block': () => {
    for (;;);
  },
  // Beside V8's heap, which has a limit of its own.
  '/fill': () => setInterval(() => leak.length < 100 && leak.push(Buffer.alloc(4 << 20, 1)), 20),
  '/leak': () => setInterval(() => leak.push(Array.from({ length: 100_000 }, () => ({}))), 20),
};

const server = createServer(async (request, response) => {
  const way = ways[request.url];
  if (way) {
    response.end('so be it\n', () => setImmediate(way));
    return;
  }
  // Long enough that some are on their way whenever it fails.
  if (request.url !== '/pid') await sleep(20);
  response.end(`${process.pid}\n`);
});
server.listen(Number(PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
