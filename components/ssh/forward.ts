/** A way on from a host through which another one is reached. */
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';

/** @throws what the host says where it leads to no such address, or may not. */
export const forward = (client: Client, address: string, port: number): Promise<Duplex> =>
  new Promise((done, failed) =>
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) =>
      error ? failed(error) : done(channel as unknown as Duplex),
    ),
  );
