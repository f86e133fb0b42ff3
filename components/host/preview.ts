/** What a preview says of a manifest: its rows in words, with the lines of text files that differ. */
import { createPatch } from 'diff';
import type { Item } from './item.ts';
import type { Manifest, Note } from './manifest.ts';
import { type Row, sentence } from './rows.ts';

/** Texts of one file on the host: what is there, and what was applied last. */
export type Texts = { readonly found?: string; readonly applied?: string };

const mostLines = 40;

/** As many items that are missing are named where the others are there. */
const fewItems = 5;

/**
 * The preview's lines. Of a manifest that was never applied, what is new is one line with a count, and named where
 * all but a few items are there, as after a run that failed.
 * @example preview(manifest, rows, texts, true) // ['! file /etc/x content (drift)', '    -old', '    +new']
 */
export function preview(
  manifest: Manifest,
  rows: readonly Row[],
  texts: ReadonlyMap<string, Texts>,
  isKnown: boolean,
): string[] {
  const told =
    isKnown || isNearlyThere(manifest, rows) ? rows : rows.filter(({ origin }) => origin !== 'new');
  const items = new Map(manifest.items.map((item) => [`${item.kind} ${item.name}`, item]));
  return [
    ...(isKnown ? [] : [summary(manifest, rows)]),
    ...told.flatMap((row) => [
      sentence(row),
      ...patch(row, rows, items.get(`${row.kind} ${row.name}`), texts.get(row.name)),
    ]),
    ...notesOn(manifest, rows),
  ];
}

/** What a component has to say where rows of an item have certain keys, each once. */
function notesOn({ notes = [] }: Manifest, rows: readonly Row[]): string[] {
  const isMet = ({ item, keys, from, origins }: Note) =>
    rows.some(
      (row) =>
        `${row.kind} ${row.name}` === item &&
        keys.includes(row.key) &&
        (from === undefined || row.from.split(',').includes(from)) &&
        (origins?.includes(row.origin) ?? true),
    );
  return [...new Set(notes.filter(isMet).map(({ text }) => `  ${text}`))];
}

const differingItems = (rows: readonly Row[]): number =>
  new Set(rows.map(({ kind, name }) => `${kind} ${name}`)).size;

function isNearlyThere({ items }: Manifest, rows: readonly Row[]): boolean {
  const differing = differingItems(rows);
  return differing <= fewItems && differing < items.length;
}

function summary({ name, items }: Manifest, rows: readonly Row[]): string {
  const same = items.length - differingItems(rows);
  const rest = same > 0 ? `, ${same} of them as wanted already` : '';
  return `+ ${name}: ${items.length} item${items.length === 1 ? '' : 's'}${rest}`;
}

/** Nothing that people keep on a host in the clear is to end in the log of a pull request. */
const hideSecret = (line: string): string =>
  /^-.*(passw|secret|token|credential|private.?key)/i.test(line) ? '-… (may hold a secret)' : line;

/** The lines that differ, without the heading that every patch has. */
function patch(
  { origin, key }: Row,
  rows: readonly Row[],
  item: Item | undefined,
  { found, applied }: Texts = {},
): string[] {
  if (key !== 'sha256' || item?.content === undefined) return [];
  const changes = rows.some(
    (row) => row.origin === 'change' && row.key === 'sha256' && row.name === item.name,
  );
  const from = origin === 'change' ? (applied ?? found) : found;
  const to = origin === 'drift' && changes ? applied : item.content;
  if (from === undefined || to === undefined) return [];
  const all = createPatch(item.name, from, to, '', '', { context: 0 }).split('\n').slice(4);
  // Of what is somebody's own, what would go is what counts.
  const told = origin === 'own' ? /^-/ : /^[-+]/;
  const lines = all.filter((line) => told.test(line)).map(hideSecret);
  const more = lines.length - mostLines;
  return [...lines.slice(0, mostLines), ...(more > 0 ? [`… and ${more} more lines`] : [])].map(
    (line) => `    ${line}`,
  );
}
