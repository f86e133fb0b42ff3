/** Runs with nothing to do, beside an empty program and one SSH round trip. */
import { open } from '../../components/ssh/connection.ts';
import type { DebianHost } from '../harness/host.ts';
import type { Stack } from '../harness/stack.ts';
import { config, type Empty, unchanged } from './stacks.ts';
import { compare, type Figure, median, medianOf, names, seconds } from './stopwatch.ts';

/** Times runs on a stack that is as it should be. */
export async function idle(runs: number, stack: Stack, empty: Empty): Promise<Figure[]> {
  return await compare(runs, {
    [names.empty]: () => empty('up'),
    [names.noop]: () => unchanged(stack, 'up'),
    'empty program, preview': () => empty('preview'),
    [names.preview]: () => unchanged(stack, 'preview'),
    'preview without a look': () => withoutLook(stack),
    [names.roundTrip]: () => roundTrip(stack.hosts[0] as DebianHost),
  });
}

async function withoutLook(stack: Stack): Promise<void> {
  stack.configure(config({ drift: 'ignore' }));
  await unchanged(stack, 'preview');
  stack.configure(config());
}

/** A connection as the program makes it, one command, and its answer. */
async function roundTrip({ name, address, user, knownHosts, identity }: DebianHost) {
  const target = { name, address, user, port: 22, knownHosts, privateKey: identity };
  const session = await open(target);
  await session.script('true');
  session.close();
}

/** What looking at the hosts adds to runs: to a preview, where it was measured, and what that is of others. */
export function probeShare(figures: readonly Figure[]): string {
  const whole = medianOf(figures, names.preview);
  const look = whole - medianOf(figures, 'preview without a look');
  if (!(look > 0)) return 'what looking takes is lost in the noise of this machine';
  const shares = figures
    .filter(({ name }) => /^preview, nothing|^up, (nothing|damage)/.test(name))
    .map(
      ({ name, milliseconds }) =>
        `${Math.round((100 * look) / median(milliseconds))} % of "${name}"`,
    );
  return `looking takes ${seconds(look)}: ${shares.join(', ')}`;
}
