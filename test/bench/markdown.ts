/** The tables of docs/performance.md and docs/scale.md, between marks that are kept: `<!-- bench: one host -->` to `<!-- end -->`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/lib/pulumi.ts';
import type { Result } from './one.ts';
import { type Scale, straightLine } from './scale.ts';
import { median, medianOf, multiple, names, seconds } from './stopwatch.ts';

const page = (name: string): string => join(root, 'docs', name);

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
  // What one host alone is asked has a table of its own.
  const rows = new Set(results.slice(1).flatMap(({ figures }) => figures.map(({ name }) => name)));
  const cell = ({ figures }: Result, wanted: string): string => {
    const figure = figures.find(({ name }) => name === wanted);
    return figure ? seconds(median(figure.milliseconds)) : '';
  };
  const lines = [...rows].map((name) => [name, ...results.map((result) => cell(result, name))]);
  return table([['', ...titles], ...lines]);
}

/** Puts a text between the marks of that name. */
export function between(document: string, name: string, text: string): string {
  const marks = new RegExp(`(<!-- bench: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!marks.test(document))
    throw new Error(`the page has no <!-- bench: ${name} --> … <!-- end -->`);
  return document.replace(marks, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
}

/** What was measured of a stack's size, and in italics what straight lines through it say of more hosts. */
function scale(results: readonly Result[]): string {
  const clock = ({ figures }: Result) => medianOf(figures, names.noop);
  const line = (of: (result: Result) => number) =>
    straightLine(results.map((result) => ({ x: result.hosts, y: of(result) })));
  const of = (key: keyof Scale) => line(({ scale }) => scale[key]);
  const measured = results.map((it) => row({ hosts: it.hosts, clock: clock(it), ...it.scale }));
  const modelled = [100, 1000].map((hosts) => {
    const cells = row({
      ...{ hosts, clock: line(clock)(hosts), cpu: of('cpu')(hosts), memory: of('memory')(hosts) },
      ...{ connections: 1, resources: of('resources')(hosts), state: of('state')(hosts) },
    });
    return cells.map((cell) => `*${cell}*`);
  });
  const head = ['hosts', 'by the clock', 'processor time', 'memory at most', 'resources', 'state'];
  return table([head, ...measured, ...modelled]);
}

const row = ({
  hosts,
  clock,
  cpu,
  memory,
  resources,
  state,
}: Scale & { hosts: number; clock: number }) => [
  ...[String(hosts), seconds(clock), seconds(cpu), `${Math.round(memory)} MB`],
  ...[String(Math.round(resources)), `${(state / 1000).toFixed(1)} MB`],
];

/** Writes what was measured, and on what machine, into docs/performance.md, and of several numbers of hosts into docs/scale.md. */
export function writeTables(results: readonly Result[], machine: string): void {
  const day = new Date().toISOString().slice(0, 10);
  const [one] = results;
  const on = `${day}: ${machine}.`;
  edit('performance.md', (text) => {
    let document = between(text, 'machine', on);
    if (one) document = between(document, 'one host', oneHost(one));
    return results.length > 1 ? between(document, 'many hosts', manyHosts(results)) : document;
  });
  if (results.length > 1)
    edit('scale.md', (text) => between(between(text, 'machine', on), 'scale', scale(results)));
}

const edit = (name: string, change: (text: string) => string): void =>
  writeFileSync(page(name), change(readFileSync(page(name), 'utf8')));
