/** Benchmarks on many hosts in one stack: runs with nothing to do, a repair. */
import type { DebianHost } from '../harness/host.ts';
import { withCopies } from './hosts.ts';
import { idle, probeShare } from './idle.ts';
import type { Result } from './one.ts';
import { repairs } from './repair.ts';
import { scaleOf } from './scale.ts';
import { withEmptyProgram, withStack } from './stacks.ts';
import { type Figure, timed } from './stopwatch.ts';

/** Measures on so many copies of a host that has been provisioned, which shuts it down. */
export async function manyHosts(host: DebianHost, count: number, runs: number): Promise<Result> {
  return await withCopies(host, count, (copies) =>
    withStack(copies, async (stack) => {
      // The stack has never seen them; they are as it wants them.
      const adopted = [await timed(() => stack.up())];
      const idling = await withEmptyProgram((empty) => idle(runs, stack, empty));
      const scale = await scaleOf(stack);
      const figures: Figure[] = [
        ...idling,
        { name: 'up, damage on each repaired', milliseconds: await repairs(runs, stack) },
        { name: 'first up, nothing to do', milliseconds: adopted },
      ];
      return { hosts: count, figures, scale, remarks: [probeShare(figures)] };
    }),
  );
}
