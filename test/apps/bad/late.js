// The sample app as it should be, but for its health check: well three times, and then broken.
import { Server } from 'node:http';

const emit = Server.prototype.emit;
let asked = 0;

Server.prototype.emit = function (event, ...args) {
  const [request, response] = args;
  if (event !== 'request' || request.url !== '/health' || ++asked <= 3)
    return emit.call(this, event, ...args);
  console.error('lost the database');
  response.statusCode = 500;
  return response.end('lost the database\n');
};

await import('./sample.js');
