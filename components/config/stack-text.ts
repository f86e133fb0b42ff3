/** The text of a stack file, or of a file that it extends: what is written there, and on which line. */
import { createRequire } from 'node:module';
import type { Document, Node, Scalar, YAMLMap } from 'yaml';

export type Path = readonly string[];

/** One value of the file, as it is written there. */
export type Written = { readonly path: Path; readonly text: string; readonly bare: boolean };

/** A mapping, a list or a value, and where it begins. */
type Found = { readonly path: Path; readonly offset: number; readonly written?: Written };

/** What reads YAML; most stack files are read without it, since it takes longer to load than they to be read. */
export const loadYaml = (): typeof import('yaml') => createRequire(import.meta.url)('yaml');

type Text = {
  /** All values below `keelson:`, but those that are encrypted. */
  readonly values: readonly Written[];
  /** Lines by path, those of mappings and lists as well. */
  readonly lines: ReadonlyMap<string, number>;
};

/** What is written below `config:`; of a text that is no YAML nothing. */
export function readText(text: string): Text {
  const yaml = loadYaml();
  const lineCounter = new yaml.LineCounter();
  // Everything is text to this schema.
  const options = { schema: 'failsafe', logLevel: 'silent', lineCounter } as const;
  const document = yaml.parseDocument(text, options);
  const config = document.errors.length > 0 ? undefined : document.get('config');
  const found = inside(document as Document, config, [], 0).flatMap((it) => {
    const path = ours(it.path);
    return path ? [{ ...it, path }] : [];
  });
  const lines = new Map<string, number>();
  for (const { path, offset } of found) {
    const place = path.join('.');
    if (!lines.has(place)) lines.set(place, lineCounter.linePos(offset).line);
  }
  const values = found.flatMap(({ path, written }) => (written ? [{ ...written, path }] : []));
  return { values, lines };
}

/** `apps` of `keelson:apps`; undefined for what is of another namespace. */
function ours([key = '', ...rest]: Path): Path | undefined {
  const name = /^keelson:(?:config:)?(.+)$/.exec(key)?.[1];
  return name === undefined ? undefined : [name, ...rest];
}

/** A node and all below it. */
function inside(document: Document, node: unknown, path: Path, offset: number): Found[] {
  const yaml = loadYaml();
  const found = yaml.isAlias(node) ? (node.resolve(document) as Node | undefined) : node;
  const self = { path, offset };
  if (yaml.isScalar(found)) return [{ ...self, written: scalar(found, path) }];
  if (yaml.isSeq(found)) {
    const items = (found.items as Node[]).flatMap((item, at) =>
      inside(document, item, [...path, `${at}`], begin(item) ?? offset),
    );
    return [self, ...items];
  }
  return yaml.isMap(found) ? [self, ...entries(document, found, path, offset)] : [self];
}

function entries(document: Document, map: YAMLMap, path: Path, offset: number): Found[] {
  if (path.length > 0 && map.items.length === 1 && map.has('secure')) return [];
  const { isScalar, isSeq } = loadYaml();
  const named = map.items.map(({ key, value }) => ({
    name: String(isScalar(key) ? key.value : key),
    at: begin(key as Node) ?? offset,
    value,
  }));
  const own = named.filter(({ name }) => name !== '<<');
  // What is merged lies here as well, where nothing of its own does.
  const merged = named.filter(({ name }) => name === '<<');
  return [
    ...own.flatMap(({ name, at, value }) => inside(document, value, [...path, name], at)),
    ...merged.flatMap(({ value, at }) =>
      (isSeq(value) ? value.items : [value]).flatMap((it) => inside(document, it, path, at)),
    ),
  ];
}

const begin = (node: Node | null): number | undefined => node?.range?.[0];

const scalar = ({ value, type, tag }: Scalar, path: Path): Written => ({
  path,
  text: String(value ?? ''),
  bare: type === 'PLAIN' && tag === undefined,
});
