// A release that accepts connections and never answers.
import { createServer } from 'node:http';

const { LISTEN_FDS, PORT } = process.env;
const where = LISTEN_FDS ? { fd: 3 } : { host: '127.0.0.1', port: Number(PORT) };

createServer(() => {}).listen(where);
