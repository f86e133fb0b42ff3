/** Benchmarks on many hosts in one stack: runs with nothing to do. */
import type { SandboxHost } from '../harness/host.ts';
import { withCopies } from './hosts.ts';
import { idle, probeShare } from './idle.ts';
import type { Result } from './one.ts';
import { withEmptyProgram, withStack } from './stacks.ts';
import { timed } from './stopwatch.ts';

/** Measures on so many copies of a host that has been provisioned, which shuts it down. */
export async function manyHosts(host: SandboxHost, count: number, runs: number): Promise<Result> {
  return await withCopies(host, count, (copies) =>
    withStack(copies, async (stack) => {
      // The stack has never seen them; they are as it wants them.
      const adopted = [await timed(() => stack.up())];
      const idling = await withEmptyProgram((empty) => idle(runs, stack, empty));
      return {
        hosts: count,
        figures: [...idling, { name: 'first up, nothing to do', milliseconds: adopted }],
        remarks: [probeShare(idling)],
      };
    }),
  );
}
