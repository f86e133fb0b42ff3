// A release that listens somewhere else than it is told.
import { createServer } from 'node:http';

createServer((_request, response) => response.end('ok\n')).listen(
  Number(process.env.PORT) + 1000,
  '127.0.0.1',
);
