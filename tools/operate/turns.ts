/** Changes to the servers of a stack, one after another, or as many at once as its stack file allows a release. */
import { batches } from '../../components/lib/batches.ts';
import { Lost } from '../../components/ssh/exec.ts';
import { Refused } from './ask.ts';
import { complain } from './each.ts';
import type { Server } from './stack.ts';

/**
 * Does it on each server. One that cannot be reached keeps none of the others; where it fails on one, or nobody knows how
 * it went, those that come later are left as they are.
 * @returns the servers on which it was done.
 */
export async function inTurn(
  servers: readonly Server[],
  atOnce: number | string,
  action: (server: Server) => Promise<void>,
): Promise<Server[]> {
  const done: Server[] = [];
  const turns = batches(servers, atOnce);
  for (const [index, turn] of turns.entries()) {
    const results = await Promise.allSettled(turn.map(action));
    const reasons = results.flatMap((it) => (it.status === 'rejected' ? [it.reason as Error] : []));
    done.push(...turn.filter((_, at) => results[at]?.status === 'fulfilled'));
    for (const { message } of reasons) complain(message);
    const left = turns.slice(index + 1).flat();
    const isBegun = reasons.some((error) => error instanceof Refused || error instanceof Lost);
    if (left.length === 0 || !isBegun) continue;
    complain(`left as they are: ${left.map(({ name }) => name).join(', ')}`);
    break;
  }
  return done;
}
