/** Socket.IO with several instances: its clients begin with polling, and hear what is said at another instance. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App, Site } from './app.ts';

type Socket = NodeJS.EventEmitter & {
  readonly connected: boolean;
  readonly io: { readonly engine: { readonly transport: { readonly name: string } } };
  close(): void;
};

type Client = { io: (url: string, options: object) => Socket };

const count = 50;
const seconds = 20;

/** Reaches any name at one address, as DNS would. */
const leadingTo = (address: string) =>
  new Agent({
    lookup: (_name, { all }, done) =>
      all ? done(null, [{ address, family: 4 }]) : done(null, address, 4),
  });

async function chat({ host, domain, directory }: Site): Promise<readonly string[]> {
  const { io } = createRequire(join(directory, 'server.js'))('socket.io-client') as Client;
  // Browsers send cookies of a page's own site by themselves; its client here is asked to.
  const options = { withCredentials: true, forceNew: true, agent: leadingTo(host.address) };
  const sockets = Array.from({ length: count }, () => io(`http://${domain}`, options));
  try {
    const signal = AbortSignal.timeout(seconds * 1000);
    const errors: string[] = [];
    for (const socket of sockets)
      socket.on('connect_error', (error: Error) => errors.push(error.message));
    const instances = await Promise.all(
      sockets.map(async (socket) => (await once(socket, 'instance', { signal }))[0] as string),
    ).catch((cause) => {
      const connected = sockets.filter((socket) => socket.connected).length;
      throw new Error(`${connected} of ${count} connected; ${errors.slice(0, 3).join('; ')}`, {
        cause,
      });
    });
    assert.deepEqual(errors, []);
    assert.ok(new Set(instances).size > 1, 'all clients are at one instance');
    const heard = Promise.all(sockets.map((socket) => once(socket, 'said', { signal })));
    sockets[0]?.emit('say', 'hello');
    assert.deepEqual(new Set((await heard).flat()), new Set(['hello']));
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100))
      if (sockets.every(({ io }) => io.engine.transport.name === 'websocket')) break;
    const upgraded = sockets.filter(({ io }) => io.engine.transport.name === 'websocket').length;
    assert.equal(upgraded, count, 'of the clients are at a WebSocket');
    return [`${count} clients at ${new Set(instances).size} instances, all of which heard one`];
  } finally {
    for (const socket of sockets) socket.close();
  }
}

export const socketIo: App = {
  name: 'socket.io',
  section: 'Socket.IO',
  change: { file: 'server.js', from: 'first chat', to: 'second chat' },
  use: chat,
};
