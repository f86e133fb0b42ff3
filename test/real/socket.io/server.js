const { createServer } = require('node:http');
const { createAdapter } = require('@socket.io/redis-adapter');
const { Redis } = require('ioredis');
const { Server } = require('socket.io');

const server = createServer((_request, response) => response.end('first chat'));
const redis = new Redis();
const io = new Server(server, { adapter: createAdapter(redis, redis.duplicate()) });

io.on('connection', (socket) => {
  socket.emit('instance', process.env.PORT);
  socket.on('say', (words) => io.emit('said', words));
});

server.listen(process.env.PORT ?? 3000);
