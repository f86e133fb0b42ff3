/** What a benchmark measured, and the table that it prints. */

/** A thing that was timed, in milliseconds, once or more often. */
export type Figure = { name: string; milliseconds: number[] };

/** Times an action: `await timed(() => stack.up())`. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

/**
 * Times several actions one after another, round by round, so that what else the machine does at a
 * time troubles all of them alike.
 */
export async function compare(
  rounds: number,
  actions: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Figure[]> {
  const figures = Object.keys(actions).map((name): Figure => ({ name, milliseconds: [] }));
  for (let round = 0; round < rounds; round++)
    for (const { name, milliseconds } of figures)
      milliseconds.push(await timed(actions[name] as () => Promise<unknown>));
  return figures;
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

/** Median and range of each figure, and the median as a multiple of another figure's. */
export function table(figures: readonly Figure[], unit?: Figure): string[] {
  const width = Math.max(...figures.map(({ name }) => name.length));
  return figures.map(({ name, milliseconds: all }) => {
    const middle = median(all);
    const range =
      all.length > 1 ? `${seconds(Math.min(...all))} to ${seconds(Math.max(...all))}` : 'once';
    const ratio = unit ? `${(middle / median(unit.milliseconds)).toFixed(2)} ×` : '';
    return `${name.padEnd(width)}  ${seconds(middle).padStart(9)}  ${ratio.padStart(8)}  (${range})`;
  });
}
