/**
 * Manifests: the items that are applied on one host as one transaction.
 *
 * `docs/protocol.md` describes the text that a manifest becomes.
 */
import type { Item, State } from './item.ts';

export type Manifest = {
  readonly name: string;
  /** Manifests of the same host that must be applied before this one. */
  readonly after: readonly string[];
  /** The app whose component shows this manifest in Pulumi's tree; else the server's. */
  readonly app?: string;
  /** Its text is a Pulumi secret. */
  readonly secret?: boolean;
  /** Seconds after which its files go back by themselves, unless the change is confirmed over a new connection. */
  readonly confirm?: number;
  readonly items: readonly Item[];
  /** Packed files that must be on the host before this manifest: the blobs among its items. */
  readonly uploads?: readonly Upload[];
};

/** A local archive and the hash under which the host keeps it. */
export type Upload = { readonly name: string; readonly hash: string; readonly archive: string };

/** Why a manifest was last applied: the run, and the drift that it found. */
export type Header = { readonly run: string; readonly lines: readonly string[] };

/**
 * Joins what components contribute to the same manifest of a host.
 *
 * Items that are the same to the letter are kept once (two apps may both want a package).
 * @throws when one thing is claimed with different states, by two components or by one.
 * @example merge([{ name: 'nginx', after: ['base'], items: [a] }, { name: 'nginx', after: [], items: [b] }])
 */
export function merge(contributions: readonly Manifest[]): Manifest[] {
  const merged = new Map<string, Manifest>();
  for (const part of contributions) {
    const known = merged.get(part.name) ?? { ...part, items: [], uploads: [] };
    merged.set(part.name, join(known, part));
  }
  return [...merged.values()];
}

function join(a: Manifest, b: Manifest): Manifest {
  const items = new Map(a.items.map((item) => [key(item), item]));
  for (const item of b.items) {
    const twin = items.get(key(item));
    if (twin && itemText(twin) !== itemText(item))
      throw new Error(
        `manifest ${a.name}: ${key(item)} is wanted in two ways; let one component own it`,
      );
    items.set(key(item), item);
  }
  const after = [...new Set([...a.after, ...b.after])];
  const all = [...(a.uploads ?? []), ...(b.uploads ?? [])];
  const uploads = [...new Map(all.map((upload) => [upload.hash, upload])).values()];
  return {
    ...a,
    secret: a.secret || b.secret || false,
    after,
    items: [...items.values()],
    uploads,
  };
}

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

function itemText(item: Item): string {
  if (item.content === undefined) return `${itemLine(item)}\n`;
  return `${itemLine(item)}\n${item.content.replace(/^/gm, '|').replace(/\|$/, '')}`;
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

/** Reads one item line; an observation of the probe has the same shape. */
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
