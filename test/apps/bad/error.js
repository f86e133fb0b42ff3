// A release that listens and answers everything with 500.
import { createServer } from 'node:http';

const { LISTEN_FDS, PORT } = process.env;
const where = LISTEN_FDS ? { fd: 3 } : { host: '127.0.0.1', port: Number(PORT) };

createServer((_request, response) => {
  console.error('broken');
  response.statusCode = 500;
  response.end();
}).listen(where);
