/** Damages a real host at random and holds the kit to repairing it exactly. */

import type { Release } from '../../tools/container/base.ts';
import type { DebianHost } from '../harness/host.ts';
import { withProvisionedHost } from '../harness/provisioned.ts';
import { type Options, play } from './game.ts';
import { mutations } from './mutations.ts';
import { draw, idle, type Outcome, round, size, sound, words } from './rounds.ts';
import { addUnmanaged, keepOtherRelease } from './scenario.ts';

export type Score = {
  mutations: number;
  detected: number;
  repaired: number;
  /** Things named, changed or left that nobody had damaged. */
  false: number;
};

/** Runs so many rounds on a host of its own; says what went wrong in which, and ends with the score. */
export async function damage(
  { release = 'trixie', ...options }: Options & { release?: Release },
  say: (line: string) => void,
): Promise<Score> {
  return await withProvisionedHost({ release }, async ({ host, stack }) => {
    await prepare(host);
    const score: Score = { mutations: 0, detected: 0, repaired: 0, false: 0 };
    const { before, all } = await sound(host);
    for (const name of idle(all, new RegExp(options.only ?? '')))
      throw new Error(`nothing here for: ${name}`);
    await play(
      options,
      mutations,
      `--release ${release} `,
      async (deck, random) => {
        const damages = draw(random, deck, all, size(random));
        const outcome = await round(stack, before, damages, all).catch((error) => {
          say(`ended by what was damaged: ${damages.map(words).join('; ')}`);
          throw error;
        });
        count(score, outcome);
        return { what: outcome.damages.map(words), faults: faults(outcome) };
      },
      say,
    );
    return score;
  });
}

/** Puts beside what is managed what the kit must keep, and what it must not touch. */
async function prepare(host: DebianHost): Promise<void> {
  await keepOtherRelease(host);
  await addUnmanaged(host);
}

const faults = ({ undetected, wrong, left }: Outcome): string[] => [
  ...undetected.map((name) => `not named by the preview: ${name}`),
  ...wrong,
  ...left.map((difference) => `left: ${difference}`),
];

function count(score: Score, { damages, undetected, wrong, left }: Outcome): void {
  score.mutations += damages.length;
  score.detected += damages.length - Math.min(damages.length, undetected.length);
  score.repaired += left.length === 0 ? damages.length : 0;
  score.false += wrong.length + (damages.length === 0 ? left.length : 0);
}

export const summary = (score: Score): string =>
  `chaos: ${score.mutations} mutations, ${score.detected} detected, ${score.repaired} repaired, ${score.false} false`;

export const isPerfect = (score: Score): boolean =>
  score.detected === score.mutations && score.repaired === score.mutations && score.false === 0;
