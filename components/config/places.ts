/** Places: in which file, and on which line, a setting is written. */
import type { Problem } from './problem.ts';
import type { Layer } from './shared-file.ts';

/** `file:line` by the path of a setting, that of the layer which has the last word. */
export type Places = ReadonlyMap<string, string>;

export const placesOf = (layers: readonly Pick<Layer, 'name' | 'lines'>[]): Places =>
  new Map(
    layers.flatMap(({ name, lines }) =>
      [...lines].map(([path, line]): [string, string] => [path, `${name}:${line}`]),
    ),
  );

/** A problem with the place in front where its setting, or the nearest that it belongs to, is written. */
export function located(problem: Problem, places: Places): Problem {
  const place = placeOf(problem.replace(/: .*/s, ''), places);
  return place === undefined ? problem : `${place}: ${problem}`;
}

/** Where a setting is written, or else what it belongs to. Keys may have dots themselves. */
export function placeOf(path: string, places: Places): string | undefined {
  const place = places.get(path);
  const parent = path.lastIndexOf('.');
  return place ?? (parent < 0 ? undefined : placeOf(path.slice(0, parent), places));
}
