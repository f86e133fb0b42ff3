/** Runs with nothing to do, beside an empty program and one SSH round trip. */
import { open } from '../../components/host/connection.ts';
import type { SandboxHost } from '../harness/host.ts';
import type { Stack } from '../harness/stack.ts';
import { config, unchanged } from './stacks.ts';
import { compare, type Figure, median, seconds } from './stopwatch.ts';

/** Times runs on a stack that is as it should be. */
export async function idle(
  runs: number,
  stack: Stack,
  empty: (verb: 'up' | 'preview') => Promise<void>,
): Promise<Figure[]> {
  return await compare(runs, {
    'empty program, up': () => empty('up'),
    'up, nothing to do': () => unchanged(stack, 'up'),
    'empty program, preview': () => empty('preview'),
    'preview, nothing to do': () => unchanged(stack, 'preview'),
    'preview without a look': () => withoutLook(stack),
    'one SSH round trip': () => roundTrip(stack.hosts[0] as SandboxHost),
  });
}

async function withoutLook(stack: Stack): Promise<void> {
  const { hosts } = stack;
  stack.configure(config({ hosts, drift: 'ignore' }));
  await unchanged(stack, 'preview');
  stack.configure(config({ hosts }));
}

/** A connection as the program makes it, one command, and its answer. */
async function roundTrip({ name, address, user, knownHosts, identity }: SandboxHost) {
  const target = { name, address, user, port: 22, knownHosts, privateKey: identity };
  const session = await open(target);
  await session.script('true');
  session.close();
}

/** What looking at the hosts adds to a preview. */
export function probeShare(figures: readonly Figure[]): string {
  const of = (name: string) => median(figures.find((it) => it.name === name)?.milliseconds ?? []);
  const [whole, without] = [of('preview, nothing to do'), of('preview without a look')];
  const share = Math.round((100 * (whole - without)) / whole);
  return whole > without
    ? `looking takes ${seconds(whole - without)} of a preview's ${seconds(whole)}: ${share} %`
    : 'what looking takes of a preview is lost in the noise of this machine';
}
