/** How a port of a host answers from outside. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { DebianHost } from './host.ts';
import { lines } from './on-host.ts';

/** What comes of connecting: `open`, the code of the error, or `silence` after a second. */
export async function knock(address: string, port: number): Promise<string> {
  const socket = connect({ host: address, port });
  const outcome = await Promise.race([
    once(socket, 'connect').then(() => 'open'),
    once(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code ?? ''),
    new Promise<string>((done) => setTimeout(done, 1000, 'silence')),
  ]).catch((error: NodeJS.ErrnoException) => error.code ?? '');
  socket.destroy();
  return outcome;
}

/** The host's address of the local link, by the interface that leads there. */
export async function linkLocal(host: DebianHost): Promise<string> {
  const [address = ''] = await lines(
    host,
    "ip -6 -o address show dev host0 scope link | sed 's,.*inet6 \\([^/]*\\)/.*,\\1,'",
  );
  return `${address}%keelson${host.address.split('.')[2]}`;
}
