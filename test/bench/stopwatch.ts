/** What a benchmark measured, and the table that it prints. */

/** A thing that was timed, in milliseconds, once or more often. */
export type Figure = {
  name: string;
  milliseconds: number[];
  /** The median of an empty program that ran beside it; default: of the table's first figure. */
  unit?: number;
};

/** What is measured under more than one heading. */
export const names = {
  empty: 'empty program, up',
  noop: 'up, nothing to do',
  preview: 'preview, nothing to do',
  roundTrip: 'one SSH round trip',
  setting: 'up, one setting changed',
  repair: 'up, damage repaired',
  first: 'first up, packages installed',
} as const;

/** Times an action: `await timed(() => stack.up())`. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

/**
 * Times several actions one after another, round by round, so that what else the machine does at a
 * time troubles all of them alike.
 * @param before what comes before an action, and is not timed.
 */
export async function compare(
  rounds: number,
  actions: Readonly<Record<string, () => Promise<unknown>>>,
  before: Readonly<Record<string, () => unknown>> = {},
): Promise<Figure[]> {
  const figures = Object.keys(actions).map((name): Figure => ({ name, milliseconds: [] }));
  for (let round = 0; round < rounds; round++)
    for (const { name, milliseconds } of figures) {
      await before[name]?.();
      milliseconds.push(await timed(actions[name] as () => Promise<unknown>));
    }
  return figures;
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** The median of the figure with this name. */
export const medianOf = (figures: readonly Figure[], name: string): number =>
  median(figures.find((figure) => figure.name === name)?.milliseconds ?? []);

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

/** The median of a figure as a multiple of an empty program's. */
export const multiple = (figures: readonly Figure[], name: string): number => {
  const unit =
    figures.find((figure) => figure.name === name)?.unit ?? medianOf(figures, names.empty);
  return medianOf(figures, name) / unit;
};

/** Median and range of each figure, and the median as a multiple of an empty program's. */
export function table(title: string, figures: readonly Figure[]): string[] {
  const rows = figures.map(({ name, milliseconds: all }) => [
    ...[name, seconds(median(all)), `${multiple(figures, name).toFixed(2)} ×`],
    all.length > 1 ? `${seconds(Math.min(...all))} to ${seconds(Math.max(...all))}` : 'once',
  ]);
  const lines = [[title, 'median', 'multiple', 'range'], ...rows];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('   '),
  );
}
