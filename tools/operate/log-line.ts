/** Log entries as they are printed. */
import type { Entry } from './entry.ts';
import { hueOf, isColoured, painted, shown } from './text.ts';

/**
 * The lines of an entry, each with its time (UTC), its server where there are several, and who wrote it.
 * @example `2026-11-28T20:41:03.123Z web1 shop@3700 ready`
 */
export function lineOf(
  { time, from, text, isAbout }: Entry,
  server?: { readonly name: string; readonly index: number },
  wanted = isColoured(),
): string[] {
  const at =
    time === undefined ? [] : [painted('dim', new Date(time / 1000).toISOString(), wanted)];
  const name = server ? [painted(hueOf(server.index), server.name, wanted)] : [];
  const before = [...at, ...name, painted('bold', from, wanted)].join(' ');
  return text.split('\n').map((line) => {
    const said = shown(line, wanted);
    return `${before} ${isAbout ? painted('dim', said, wanted) : said}`;
  });
}
