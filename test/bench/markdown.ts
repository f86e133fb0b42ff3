/** The tables of docs/performance.md, between marks that are kept: `<!-- bench: one host -->` to `<!-- end -->`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/lib/pulumi.ts';
import type { Result } from './one.ts';
import { median, multiple, seconds } from './stopwatch.ts';

const file = join(root, 'docs/performance.md');

type Row = readonly string[];

const table = ([head = [], ...rows]: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function oneHost({ figures, counts }: Result): string {
  const rows = figures.map(({ name, milliseconds }) => [
    ...[name, seconds(median(milliseconds)), multiple(figures, name).toFixed(2)],
    milliseconds.length > 1 ? String(milliseconds.length) : 'once',
  ]);
  const counted = counts
    ? `\n\nThe first \`up\` makes ${counts.connections} SSH connections and begins ${counts.processes} processes and threads on the host.`
    : '';
  return `${table([['', 'median', 'multiple', 'runs'], ...rows])}${counted}`;
}

/** A row for each thing that was timed, a column for each number of hosts. */
function manyHosts(results: readonly Result[]): string {
  const titles = results.map(({ hosts }) => (hosts === 1 ? '1 host' : `${hosts} hosts`));
  const names = new Set(results.flatMap(({ figures }) => figures.map(({ name }) => name)));
  const cell = ({ figures }: Result, wanted: string): string => {
    const figure = figures.find(({ name }) => name === wanted);
    return figure ? seconds(median(figure.milliseconds)) : '';
  };
  const rows = [...names].map((name) => [name, ...results.map((result) => cell(result, name))]);
  return table([['', ...titles], ...rows]);
}

/** Puts a text between the marks of that name. */
export function between(document: string, name: string, text: string): string {
  const marks = new RegExp(`(<!-- bench: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!marks.test(document))
    throw new Error(`${file} has no <!-- bench: ${name} --> … <!-- end -->`);
  return document.replace(marks, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
}

/** Writes what was measured, and on what machine, into docs/performance.md. */
export function writeTables(results: readonly Result[], machine: string): void {
  const day = new Date().toISOString().slice(0, 10);
  const [one] = results;
  let document = between(readFileSync(file, 'utf8'), 'machine', `${day}: ${machine}.`);
  if (one) document = between(document, 'one host', oneHost(one));
  if (results.length > 1) document = between(document, 'many hosts', manyHosts(results));
  writeFileSync(file, document);
}
