/** The logs of several servers as one, by their times. */
import { complain } from './each.ts';
import type { Entry } from './entry.ts';
import { merged } from './lines.ts';
import type { Server } from './stack.ts';

type Placed = { readonly server: Server; readonly entry: Entry };

/** Entries without a time stay where they are, those of one server after those of another. */
export function inOrder(
  servers: readonly Server[],
  read: (server: Server) => AsyncIterable<Entry>,
) {
  let failed = 0;
  async function* of(server: Server): AsyncGenerator<Placed> {
    try {
      for await (const entry of read(server)) yield { server, entry };
    } catch (error) {
      failed = 1;
      complain((error as Error).message);
    }
  }
  const before = (a: Placed, b: Placed) => (a.entry.time ?? 0) < (b.entry.time ?? 0);
  return { entries: merged(servers.map(of), before), code: () => failed };
}
