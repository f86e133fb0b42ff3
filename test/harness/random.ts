/** Randomness that a seed repeats. */

export type Random = () => number;

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const integer = (random: Random, from: number, to: number): number =>
  from + Math.floor(random() * (to - from + 1));

/** One of a list that is not empty. */
export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[integer(random, 0, from.length - 1)] as T;

export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((it) => ({ it, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ it }) => it);
}
