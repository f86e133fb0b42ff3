/** Turns: how a release moves over several servers. */

/**
 * Splits a list into batches of a number, or of a share such as `25%`, of at least one.
 * @example batches(['a', 'b', 'c'], 2) // [['a', 'b'], ['c']]
 */
export function batches<T>(all: readonly T[], size: number | `${number}%` | string): T[][] {
  const share = typeof size === 'string' ? (all.length * Number.parseFloat(size)) / 100 : size;
  const each = Math.max(1, Math.floor(share));
  return Array.from({ length: Math.ceil(all.length / each) }, (_, i) =>
    all.slice(i * each, (i + 1) * each),
  );
}
