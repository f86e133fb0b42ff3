/** Benchmarks on one host: its first provision, runs with nothing to do, a change, a repair. */
import assert from 'node:assert/strict';
import type { SandboxHost } from '../harness/host.ts';
import { withHost } from '../harness/host.ts';
import type { Stack } from '../harness/stack.ts';
import { idle, probeShare } from './idle.ts';
import { config, withEmptyProgram, withStack } from './stacks.ts';
import { type Figure, median, seconds, timed } from './stopwatch.ts';

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
    { name: 'up, damage repaired', milliseconds: await repairs(runs, stack, host) },
    { name: 'first up, packages cached', milliseconds: provision },
  ];
  const remarks = [
    aim(figures),
    probeShare(figures),
    `SSH connections of the first up: ${connections}; the aim is 12 at most`,
  ];
  return { hosts: 1, figures, remarks };
}

function aim(figures: readonly Figure[]): string {
  const of = (name: string) => median(figures.find((it) => it.name === name)?.milliseconds ?? []);
  const limit = 2 * of('empty program, up') + of('one SSH round trip');
  return `up with nothing to do: ${seconds(of('up, nothing to do'))}; the aim is twice the empty program and an SSH round trip: ${seconds(limit)}`;
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

const site = '/etc/nginx/keelson.d/hello.conf';

/** A wrong mode, a changed file and a stopped service, repaired by one up. */
async function repairs(runs: number, stack: Stack, host: SandboxHost): Promise<number[]> {
  const times: number[] = [];
  for (let run = 1; run <= runs; run++) {
    await host.exec(
      `chmod 0666 ${site}; echo '# damaged' >>/etc/nginx/nginx.conf; systemctl stop nginx`,
    );
    times.push(await timed(() => stack.up()));
    const after = await host.exec(
      `stat -c %a ${site}; systemctl is-active nginx; grep -c damaged /etc/nginx/nginx.conf || :`,
    );
    assert.equal(after, '644\nactive\n0\n', 'the damage was not repaired');
  }
  return times;
}
