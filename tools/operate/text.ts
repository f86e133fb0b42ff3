/** What the commands print: colours where somebody looks, and nothing that could disturb a terminal. */
import { styleText } from 'node:util';
import { plain } from '../../components/lib/plain.ts';

type Output = { readonly isTTY?: boolean };

/** Whether an output is to be in colours: a terminal, without NO_COLOR (no-color.org). */
export const isColoured = (output: Output = process.stdout, env = process.env): boolean =>
  output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';

export type Colour = Parameters<typeof styleText>[0];

/** A text in a colour, where colours are wanted. */
export const painted = (colour: Colour, text: string, wanted = isColoured()): string =>
  wanted ? styleText(colour, text, { validateStream: false }) : text;

const begin = '\x1b';
const colours = new RegExp(`${begin}\\[[0-9;]*m`, 'g');

/**
 * A line that an app wrote: its colours stay where colours are wanted, and go elsewhere; what else a terminal would
 * obey is shown as `\xNN`.
 */
export function shown(line: string, wanted = isColoured()): string {
  if (!line.includes(begin)) return plain(line);
  const parts = line.split(colours).map(plain);
  if (!wanted) return parts.join('');
  const kept = line.match(colours) ?? [];
  return `${parts.map((part, index) => part + (kept[index] ?? '')).join('')}${kept.length > 0 ? `${begin}[0m` : ''}`;
}

const hues = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red'] as const;

/** A colour for each of several names, the same one at each call. */
export const hueOf = (index: number): Colour => hues[index % hues.length] ?? 'cyan';
