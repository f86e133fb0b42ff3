/** The game that chaos is: a seed, cards that are dealt, rounds, and a report that says how to play it again. */
import { type Random, seeded, shuffled } from '../harness/random.ts';

export type Options = {
  rounds: number;
  seed: number;
  /** Only cards whose name fits. */
  only?: string;
};

/** What was done in a round, and what went wrong in it: nothing, in a good one. */
export type Round = { what: readonly string[]; faults: readonly string[] };

/** Deals cards so that each has its turn before any comes again. */
export function* deal<T extends { readonly name: string }>(
  random: Random,
  cards: readonly T[],
  only: RegExp,
): Generator<T, never> {
  const chosen = cards.filter(({ name }) => only.test(name));
  if (chosen.length === 0) throw new Error(`nothing is called ${only}`);
  while (true) yield* shuffled(random, chosen);
}

/**
 * Plays so many rounds, and says what happened in each; returns all faults.
 * @param title what `npm run chaos --` is to be given beside rounds and seed.
 */
export async function play<T extends { readonly name: string }>(
  { rounds, seed, only = '' }: Options,
  cards: readonly T[],
  title: string,
  round: (deck: Generator<T, never>, random: Random, number: number) => Promise<Round>,
  say: (line: string) => void,
): Promise<string[]> {
  const random = seeded(seed);
  const deck = deal(random, cards, new RegExp(only));
  const faults: string[] = [];
  for (let number = 1; number <= rounds; number++) {
    const played = await round(deck, random, number);
    const again = `npm run chaos -- ${title}--rounds ${number} --seed ${seed}${only && ` --only '${only}'`}`;
    say(report(number, played, again));
    faults.push(...played.faults.map((fault) => `${played.what.join('; ')}: ${fault}`));
  }
  return faults;
}

function report(number: number, { what, faults }: Round, again: string): string {
  const isGood = faults.length === 0;
  return [
    `round ${number} ${isGood ? 'ok' : 'FAILED'}`,
    ...(what.length === 0 ? ['nothing'] : what).map((line) => `  ${line}`),
    ...faults.map((fault) => `    ✗ ${fault}`),
    ...(isGood ? [] : [`    again: ${again}`]),
  ].join('\n');
}
