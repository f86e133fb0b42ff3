/** Benchmarks on one host: its first provision, runs with nothing to do, a change, a repair. */
import type { DebianHost } from '../harness/host.ts';
import { withHost } from '../harness/host.ts';
import type { Stack } from '../harness/stack.ts';
import { type First, first, firstRuns, packagesOf } from './first.ts';
import { idle, probeShare } from './idle.ts';
import { repair } from './repair.ts';
import { type Scale, scaleOf } from './scale.ts';
import { config, type Empty, withEmptyProgram, withStack } from './stacks.ts';
import { compare, type Figure, median, medianOf, names, seconds, timed } from './stopwatch.ts';

export type Result = {
  hosts: number;
  figures: Figure[];
  remarks: string[];
  /** Of a first `up`; on one host only. */
  counts?: { connections: number; processes: number };
  scale: Scale;
};

/** Measures on a fresh host; hands it on, provisioned, before it is removed. */
export async function oneHost(
  runs: number,
  then: (result: Result, host: DebianHost) => Promise<void>,
): Promise<void> {
  await withHost({}, async (host) => {
    const result = await withStack([host], (stack) => measure(runs, stack, host));
    await then(result, host);
  });
}

async function measure(runs: number, stack: Stack, host: DebianHost): Promise<Result> {
  const downloaded = await first(host, () => stack.up());
  return await withEmptyProgram(async (empty) => {
    await idle(1, stack, empty); // fills Node.js's compile cache
    const figures = [...(await idle(runs, stack, empty)), ...(await deeds(runs, stack, empty))];
    const scale = await scaleOf(stack);
    const { firsts, unit } = await provisions(Math.min(runs, 3), await packagesOf(host), empty);
    figures.push(
      { name: names.first, milliseconds: firsts.map((it) => it.milliseconds), unit },
      { name: 'first up, packages downloaded', milliseconds: [downloaded.milliseconds], unit },
    );
    const of = (key: 'connections' | 'processes') => median(firsts.map((it) => it[key]));
    const counts = { connections: of('connections'), processes: of('processes') };
    return { hosts: 1, figures, counts, scale, remarks: [aim(figures), probeShare(figures)] };
  });
}

/** First runs, each beside an empty program. */
async function provisions(
  runs: number,
  packages: readonly string[],
  empty: Empty,
): Promise<{ firsts: First[]; unit: number }> {
  const firsts: First[] = [];
  const units: number[] = [];
  await firstRuns(runs, packages, async (it) => {
    firsts.push(it);
    units.push(await timed(() => empty('up')));
  });
  return { firsts, unit: median(units) };
}

/** A changed setting and a repair, each beside an empty program. */
async function deeds(runs: number, stack: Stack, empty: Empty): Promise<Figure[]> {
  let size = 0;
  const before = {
    [names.setting]: () => {
      size += 1;
      stack.configure(config({ app: { bodySize: `${size}M` } }));
    },
    [names.repair]: () => repair.damage(stack),
  };
  const figures = await compare(
    runs,
    {
      unit: () => empty('up'),
      [names.setting]: () => stack.up(),
      [names.repair]: () => stack.up(),
    },
    before,
  );
  await repair.assertDone(stack);
  stack.configure(config());
  await stack.up();
  const unit = medianOf(figures, 'unit');
  return figures.filter(({ name }) => name !== 'unit').map((figure) => ({ ...figure, unit }));
}

function aim(figures: readonly Figure[]): string {
  const of = (name: string) => medianOf(figures, name);
  const limit = 2 * of(names.empty) + of(names.roundTrip);
  return `an up with nothing to do takes ${seconds(of(names.noop))}; two empty programs and one SSH round trip: ${seconds(limit)}`;
}
