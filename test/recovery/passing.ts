/** What an instance recovers from by itself, one after another: the others serve meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DebianHost } from '../harness/host.ts';
import { failed } from './instance.ts';
import { settled } from './site.ts';

type Failure = { how: string; deed: string; from?: 'end' };

const order = (path: string) => `curl -s http://127.0.0.1:$port${path} >/dev/null`;

/** By the names that the last line has; where there are several, the slowest counts. */
export const failures: Readonly<Record<string, readonly Failure[]>> = {
  killed: [{ how: 'by SIGKILL', deed: 'kill -KILL $old' }],
  exited: [{ how: 'by itself with 0', deed: order('/exit') }],
  terminated: [{ how: 'by a stray SIGTERM', deed: 'kill -TERM $old' }],
  hung: [
    { how: 'stopped by SIGSTOP', deed: 'kill -STOP $old' },
    { how: 'its event loop blocked for good', deed: order('/block') },
  ],
  leaked: [
    { how: 'ended by V8’s limit', deed: order('/leak'), from: 'end' },
    { how: 'beyond `memory`', deed: order('/fill'), from: 'end' },
  ],
};

/** By turns, so that each has run for a while: what ends twice within a minute is started after a pause. */
const ports = [3700, 3701, 3702] as const;

/** Seconds that each of them takes. */
export async function passing(
  host: DebianHost,
  tell: (line: string) => void,
): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  const all = Object.entries(failures).flatMap(([name, ways]) =>
    ways.map((way) => ({ name, ...way })),
  );
  for (const [turn, { name, how, deed, from }] of all.entries()) {
    await sleep(settled);
    const seconds = await failed(host, ports[turn % ports.length] ?? 3700, deed, from);
    tell(`${name}, ${how}: ${seconds.toFixed(2)} s`);
    times[name] = Math.max(times[name] ?? 0, seconds);
  }
  return times;
}
