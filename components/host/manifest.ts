/**
 * Manifests: the items that are applied on one host as one transaction.
 *
 * `docs/protocol.md` describes the text that a manifest becomes.
 */
import type { Item, State } from './item.ts';
import type { Origin } from './rows.ts';

export type Manifest = {
  readonly name: string;
  /** Manifests of the same host that must be applied before this one. */
  readonly after: readonly string[];
  /** The app whose component shows this manifest in Pulumi's tree; else the server's. */
  readonly app?: string;
  /** Its text is a Pulumi secret. */
  readonly secret?: boolean;
  /** What fails of it holds back no app, though it is the server's. */
  readonly isApart?: true;
  /** Seconds after which its files go back by themselves, unless the change is confirmed over a new connection. */
  readonly confirm?: number;
  readonly items: readonly Item[];
  /** What a preview says beside the rows of some items. */
  readonly notes?: readonly Note[];
  /** Packed files that must be on the host before this manifest: the blobs among its items. */
  readonly uploads?: readonly Upload[];
};

/** What a preview says where the rows of an item have one of these keys. */
export type Note = {
  readonly item: string;
  readonly keys: readonly string[];
  /** Only where one of these rows has it among what was there. */
  readonly from?: string;
  /** Only where one of these rows came about so. */
  readonly origins?: readonly Origin[];
  readonly text: string;
};

/** A local archive and the hash under which the host keeps it. */
export type Upload = { readonly name: string; readonly hash: string; readonly archive: string };

/** Why a manifest was last applied: the run, the drift that it found, and what else the look told it to take away. */
export type Header = { readonly run: string; readonly lines: readonly string[] };

/** What makes two items the same thing: `file /etc/nginx/nginx.conf`. */
export const key = (item: Pick<Item, 'kind' | 'name'>): string => `${item.kind} ${item.name}`;

const record = (state: State = {}): string[] =>
  Object.entries(state).map(([name, value]) => `${name}=${value}`);

/** The line of an item, without its content. */
export function itemLine(item: Item): string {
  const fields = [item.kind, item.name, ...record(item.state), ...record(item.instructions)];
  for (const field of fields)
    if (/[\t\n\r\0]/.test(field))
      throw new Error(`${key(item)}: ${JSON.stringify(field)} holds a tab or a line break`);
  return fields.join('\t');
}

export function itemText(item: Item): string {
  if (item.content === undefined) return `${itemLine(item)}\n`;
  // What it holds is not told: it may be secret.
  if (/[\0\p{Cs}]/u.test(item.content)) throw new Error(`${key(item)}: its content is no text`);
  // A line ends where the host's tools end it; to a regular expression U+2028 and others end one, too.
  const lines = item.content.split('\n').map((line) => `|${line}`);
  return `${itemLine(item)}\n${lines.join('\n').replace(/\|$/, '')}`;
}

/** What a manifest asks for: a function of the stack file and the facts alone. */
export const body = ({ items, confirm }: Manifest): string =>
  `${confirm ? `confirm\t${confirm}\n` : ''}${items.map(itemText).join('')}end\n`;

/** The whole text that travels on the command's standard input. */
export const text = (manifest: Manifest, header: Header): string =>
  [`keelson 1 ${manifest.name}`, `run ${header.run}`, ...header.lines, '', body(manifest)].join(
    '\n',
  );

/** Reads back the items of a manifest's text, as the host stores it. */
export function parse(stored: string): { header: Header; items: Item[] } {
  const lines = stored.split('\n');
  const gap = lines.indexOf('');
  const [, run = '', ...drift] = lines.slice(0, gap);
  const items: Array<Item & { content?: string }> = [];
  for (const line of lines.slice(gap + 1)) {
    const last = items.at(-1);
    if (line.startsWith('|') && last)
      items[items.length - 1] = { ...last, content: `${last.content ?? ''}${line.slice(1)}\n` };
    else if (line !== '' && line !== 'end' && !line.startsWith('confirm\t'))
      items.push(parseLine(line));
  }
  return { header: { run: run.replace(/^run /, ''), lines: drift }, items };
}

/** Reads one item line; an observation has the same shape. */
export function parseLine(line: string): Item {
  const [kind = '', name = '', ...fields] = line.split('\t');
  const pairs = fields.map((field) => {
    const at = field.indexOf('=');
    return [field.slice(0, at), field.slice(at + 1)] as const;
  });
  return {
    kind,
    name,
    state: Object.fromEntries(pairs.filter(([name]) => !name.startsWith('@'))),
    instructions: Object.fromEntries(pairs.filter(([name]) => name.startsWith('@'))),
  };
}
