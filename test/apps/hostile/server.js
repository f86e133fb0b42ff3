// An app that does what it is told: POST /do runs its body as code, and answers what that returns.
import { createServer } from 'node:http';

const AsyncFunction = (async () => {}).constructor;
const load = (name) => import(name);
process.on('uncaughtException', () => {});

createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  if (request.url !== '/do') return response.end('hostile\n');
  try {
    response.end(JSON.stringify({ value: await new AsyncFunction('load', body)(load) }) ?? 'null');
  } catch (error) {
    response.end(JSON.stringify({ error: String(error) }));
  }
}).listen(
  ...(process.env.LISTEN_FDS
    ? [{ fd: 3 }]
    : [Number(process.env.PORT), process.env.BIND ?? '127.0.0.1']),
);
