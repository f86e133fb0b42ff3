/** All of it on one host, in an order in which what takes long goes on beside what does not. */
import type { Release } from '../../tools/container/base.ts';
import { type DebianHost, withHost } from '../harness/host.ts';
import type { Stack } from '../harness/stack.ts';
import type { Tally } from '../load/clients.ts';
import { ownStart } from './instance.ts';
import { lateAfterBoot, lateForFailed, startDatabase, stopDatabase } from './late.ts';
import { beginLoop, crashLoop } from './loop.ts';
import { passing } from './passing.ts';
import { rebooted } from './rebooted.ts';
import { killServices } from './services.ts';
import { lost, visit, withStack } from './site.ts';

type Tell = (line: string) => void;

/** Seconds by failure, and how many GETs were lost in all but the reboot. */
export type Recovered = { times: Record<string, number>; lost: number };

/** `trixie: killed T s, exited T s, …; L requests lost` */
export function summary(release: string, { times, lost }: Recovered): string {
  const all = Object.entries(times).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`);
  return `${release}: ${all.join(', ')}; ${lost} requests lost`;
}

export async function recover(release: Release, late: number, tell: Tell) {
  return await withHost({ release, cpus: 2 }, (host) =>
    withStack(host, async (stack) => {
      await provision(host, stack);
      const recovered = await measure(host, stack, late, tell);
      return { lost: recovered.lost, line: summary(release, recovered) };
    }),
  );
}

/** The database is a program of Node.js, which has to run before the app that needs it. */
async function provision(host: DebianHost, stack: Stack): Promise<void> {
  await host.exec('apt-get install -q -y --no-install-recommends nodejs', { timeout: 300_000 });
  await startDatabase(host);
  await stack.up();
}

async function measure(
  host: DebianHost,
  stack: Stack,
  late: number,
  tell: Tell,
): Promise<Recovered> {
  tell(`the app itself takes ${(await ownStart(host)).toFixed(2)} s to start`);
  const visitors = ['shop', 'loop'].map((name) =>
    visit(host, { method: 'GET', domain: `${name}.example.com` }, 50),
  );
  const posting = visit(host, { method: 'POST', domain: 'shop.example.com' }, 20);
  await beginLoop(host);
  await stopDatabase(host);
  const times = await passing(host, tell);
  // First, since an `up` would not have it that the app does not run, and fail.
  const first = await lateForFailed(host, tell);
  times['crash loop'] = await crashLoop(host, stack, tell);
  const tallies = await Promise.all(visitors.map(({ leave }) => leave()));
  tell(told('GETs', tallies));
  tell(told('POSTs', [await posting.leave()]));
  tell(`killed: ${await killServices(host)}`);
  const boot = await rebooted(host);
  times['late database'] = Math.max(first, await lateAfterBoot(host, late, tell));
  times.rebooted = boot;
  return { times, lost: tallies.reduce((all, tally) => all + lost(tally), 0) };
}

function told(what: string, tallies: readonly Tally[]): string {
  const sent = tallies.reduce((all, tally) => all + tally.sent, 0);
  const slowest = Math.max(...tallies.map((tally) => tally.slowest)) / 1000;
  const missed = tallies.flatMap(({ failed }) => Object.entries(failed));
  const reasons = missed.map(([reason, count]) => `${count} × ${reason}`).join(', ') || 'none lost';
  return `${sent} ${what}, the slowest answered after ${slowest.toFixed(1)} s: ${reasons}`;
}
