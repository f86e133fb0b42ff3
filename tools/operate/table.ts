/** A table for people: with lines on a terminal, in columns apart by spaces for programs. */
import { stripVTControlCharacters } from 'node:util';
import { type Colour, isColoured, painted } from './text.ts';

/** A cell, in a colour or not. */
export type Cell = string | { readonly text: string; readonly colour: Colour };

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

/**
 * @param isBoxed draws lines, and colours its cells.
 * @example table(['app', 'state'], [['shop', 'current']]) // lines for console.log()
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  isBoxed = isColoured(),
): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => width(textOf(row[column] ?? '')))),
  );
  const padded = (cell: Cell, column: number): string => {
    const text = textOf(cell);
    const filled = text + ' '.repeat((widths[column] ?? 0) - width(text));
    return typeof cell === 'string' ? filled : painted(cell.colour, filled, isBoxed);
  };
  const cells = (row: readonly Cell[]) =>
    head.map((_, column) => padded(row[column] ?? '', column));
  if (!isBoxed) return [head, ...rows].map((row) => cells(row).join('  ').trimEnd());
  const rule = ([left, between, right]: string): string =>
    `${left}${widths.map((size) => '─'.repeat(size + 2)).join(between)}${right}`;
  const line = (row: readonly Cell[]) => `│ ${cells(row).join(' │ ')} │`;
  const titles = head.map((text): Cell => ({ text, colour: 'bold' }));
  return [rule('┌┬┐'), line(titles), rule('├┼┤'), ...rows.map(line), rule('└┴┘')];
}

const width = (text: string): number => [...stripVTControlCharacters(text)].length;
