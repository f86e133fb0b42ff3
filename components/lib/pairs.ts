/**
 * Every later one of two things that agree in what may be there once, and the first such thing.
 * @example pairs([1, 2, 3], (a, b) => a % 2 === b % 2) // [{ first: 1, second: 3 }]
 */
export function pairs<T>(all: readonly T[], agree: (a: T, b: T) => boolean) {
  return all.flatMap((second, index): { first: T; second: T }[] => {
    const first = all.slice(0, index).find((earlier) => agree(earlier, second));
    return first === undefined ? [] : [{ first, second }];
  });
}
