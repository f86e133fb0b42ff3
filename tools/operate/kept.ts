/** The releases that servers keep of an app. */
import { z } from 'zod';
import { plain } from '../../components/lib/plain.ts';
import { askHelper } from './ask.ts';
import { complain } from './each.ts';
import type { Server } from './stack.ts';

const seconds = z.string().transform((text) => (text === '' ? undefined : Number(text)));

const schema = z.tuple([
  z.string().regex(/^[0-9a-f]{64}$/),
  z.enum(['current', 'kept', 'failed']),
  seconds,
  seconds,
  z.string(),
]);

export type Kept = {
  /** SHA-256 of its archive. */
  readonly release: string;
  readonly state: 'current' | 'kept' | 'failed';
  /** Seconds since 1970: when it was unpacked, and when it became current last, as far as the server knows. */
  readonly unpacked: number | undefined;
  readonly since: number | undefined;
  /** Who made it current. */
  readonly by: string;
};

/** What `keelson releases` of the helper prints, a line a release, newest first. */
export const parseKept = (said: string): Kept[] =>
  said
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [release, state, unpacked, since, by] = schema.parse(line.split('\t'));
      return { release, state, unpacked, since, by: plain(by) };
    });

/** Of each server that answers; what is wrong with another is said. */
export async function keptOn(
  servers: readonly Server[],
  app: string,
): Promise<ReadonlyMap<Server, readonly Kept[]>> {
  const asked = await Promise.allSettled(
    servers.map(async (server) => parseKept(await askHelper(server, ['releases', app]))),
  );
  const answers = new Map<Server, readonly Kept[]>();
  for (const [index, result] of asked.entries()) {
    const server = servers[index];
    if (result.status === 'rejected') complain((result.reason as Error).message);
    else if (server) answers.set(server, result.value);
  }
  return answers;
}

/** Its first digits, as many as keep YAML from taking it for a number. */
export function shortOf(release: string): string {
  let digits = 8;
  while (/^[\d_]+(?:e\d*)?$/.test(release.slice(0, digits)) && digits < release.length) digits++;
  return release.slice(0, digits);
}

/**
 * The release to go back to: the one that begins so, or the next older one that is good.
 * @throws where the servers have none in common, with what they have.
 */
export function goalOf(
  app: string,
  answers: ReadonlyMap<{ readonly name: string }, readonly Kept[]>,
  given?: string,
): string {
  const goals = [...answers].map(([{ name }, all]) => ({ name, all, goal: goalOn(all, given) }));
  const missing = goals.find(({ goal }) => goal === undefined);
  if (missing) {
    const others = missing.all.filter(({ state }) => state !== 'current');
    const there = others.map(({ release }) => shortOf(release)).join(', ') || 'none';
    const what = given === undefined ? 'release before the current one' : `release ${given} alone`;
    throw new Error(`${app}: there is no ${what} on ${missing.name}; kept there: ${there}`);
  }
  const all = [...new Set(goals.map(({ goal }) => goal))];
  if (all.length === 1 && all[0] !== undefined) return all[0];
  const each = goals.map(({ name, goal = '' }) => `${shortOf(goal)} on ${name}`).join(', ');
  throw new Error(`${app}: the servers would go back to different releases (${each}); name one`);
}

function goalOn(all: readonly Kept[], given: string | undefined): string | undefined {
  if (given !== undefined) {
    const found = all.filter(({ release }) => release.startsWith(given));
    return found.length === 1 ? found[0]?.release : undefined;
  }
  const current = all.findIndex(({ state }) => state === 'current');
  return all.slice(current + 1).find(({ state }) => state === 'kept')?.release;
}
