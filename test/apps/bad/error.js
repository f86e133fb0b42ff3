// A release that listens and answers everything with 500.
import { createServer } from 'node:http';

createServer((_request, response) => {
  console.error('broken');
  response.statusCode = 500;
  response.end();
}).listen(Number(process.env.PORT), '127.0.0.1');
