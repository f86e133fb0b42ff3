/** Benchmarks on one host: its first provision, runs with nothing to do, a change, a repair. */
import type { SandboxHost } from '../harness/host.ts';
import { withHost } from '../harness/host.ts';
import type { Stack } from '../harness/stack.ts';
import { idle, probeShare } from './idle.ts';
import { repairs } from './repair.ts';
import { config, withEmptyProgram, withStack } from './stacks.ts';
import { type Figure, medianOf, seconds, timed } from './stopwatch.ts';

export type Result = { hosts: number; figures: Figure[]; remarks: string[] };

/** Measures on a fresh host; hands it on, provisioned, before it is removed. */
export async function oneHost(
  runs: number,
  then: (result: Result, host: SandboxHost) => Promise<void>,
): Promise<void> {
  await withHost({}, async (host) => {
    const result = await withStack([host], (stack) => measure(runs, stack, host));
    await then(result, host);
  });
}

async function measure(runs: number, stack: Stack, host: SandboxHost): Promise<Result> {
  const provision = [await timed(() => stack.up())];
  const connections = Number(await host.exec('journalctl --unit ssh | grep -c Accepted'));
  const idling = await withEmptyProgram(async (empty) => {
    await idle(1, stack, empty); // fills Node.js's compile cache
    return await idle(runs, stack, empty);
  });
  const figures: Figure[] = [
    ...idling,
    { name: 'up, one setting changed', milliseconds: await changes(runs, stack) },
    { name: 'up, damage repaired', milliseconds: await repairs(runs, stack) },
    { name: 'first up, packages cached', milliseconds: provision },
  ];
  const remarks = [
    aim(figures),
    probeShare(figures),
    `the first up makes ${connections} SSH connections; the aim is 12 at most`,
  ];
  return { hosts: 1, figures, remarks };
}

function aim(figures: readonly Figure[]): string {
  const of = (name: string) => medianOf(figures, name);
  const limit = 2 * of('empty program, up') + of('one SSH round trip');
  return `an up with nothing to do takes ${seconds(of('up, nothing to do'))}; the aim is two empty programs and one SSH round trip: ${seconds(limit)}`;
}

/** A setting that changes one file and reloads nginx. */
async function changes(runs: number, stack: Stack): Promise<number[]> {
  const times: number[] = [];
  for (let run = 1; run <= runs; run++) {
    stack.configure(config({ app: { bodySize: `${run}M` } }));
    times.push(await timed(() => stack.up()));
  }
  stack.configure(config());
  await stack.up();
  return times;
}
