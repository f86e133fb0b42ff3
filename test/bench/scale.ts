/** What a stack of so many hosts takes of the operator's machine, and what follows from that for more of them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianHost } from '../harness/host.ts';
import { logins } from '../harness/on-host.ts';
import type { Stack } from '../harness/stack.ts';
import { unchanged } from './stacks.ts';

/** Of an `up` with nothing to do, but for `state`, which is what lies there afterwards. */
export type Scale = {
  /** Milliseconds of processors on the operator's machine. */
  cpu: number;
  /** Megabytes at most of Pulumi, its plugins and the program together (PSS). */
  memory: number;
  /** SSH connections to one host. */
  connections: number;
  resources: number;
  /** Kilobytes. */
  state: number;
};

export async function scaleOf(stack: Stack): Promise<Scale> {
  const host = stack.hosts[0] as DebianHost;
  const before = await logins(host);
  const cpu = waitedFor();
  const peak = followMemory();
  await unchanged(stack, 'up');
  const memory = peak();
  const spent = waitedFor() - cpu;
  const { resources } = await stack.state();
  return {
    ...{ cpu: spent, memory, connections: (await logins(host)) - before },
    ...{ resources: resources.length, state: stateSize(stack) },
  };
}

const stateSize = ({ directory, name }: Stack): number => {
  const stacks = join(directory, 'state/.pulumi/stacks');
  const file = readdirSync(stacks, { recursive: true }).find((it) =>
    `${it}`.endsWith(`${name}.json`),
  );
  return Math.round(statSync(join(stacks, `${file}`)).size / 1000);
};

/** Milliseconds of processors that children of this process took which have ended; the kernel's tick is 10 ms. */
function waitedFor(): number {
  const [user = 0, system = 0] = statOf('self').slice(13, 15).map(Number);
  return (user + system) * 10;
}

/** The fields after a process' name, which may hold spaces. */
const statOf = (pid: string): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');

/** Samples the memory of what this process started, but for containers; returns the most that it was, in MB. */
function followMemory(): () => number {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, memoryOf(descendants(process.pid)));
  }, 100);
  return () => {
    clearInterval(timer);
    return Math.round(most / 1000);
  };
}

function descendants(of: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    quietly(() => {
      const parent = Number(statOf(pid)[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(pid)]);
    });
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).filter(isOurs).flatMap((child) => [child, ...below(child)]);
  return below(of);
}

const isOurs = (pid: number): boolean =>
  quietly(
    () => !/^(?:sudo\0)?[^\0]*systemd-nspawn/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
  ) ?? false;

const memoryOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const found = quietly(() =>
      /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')),
    );
    return sum + Number(found?.[1] ?? 0);
  }, 0);

/** A process may end while it is looked at. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** A straight line through what was measured, by least squares; what it says of another number. */
export function straightLine(points: readonly { x: number; y: number }[]): (x: number) => number {
  const mean = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((it) => it.x), mean((it) => it.y)];
  const slope = mean((it) => (it.x - x) * (it.y - y)) / mean((it) => (it.x - x) ** 2);
  return (at) => y + slope * (at - x);
}
