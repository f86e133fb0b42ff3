/**
 * What a person wrote in a stack file, held against what Pulumi made of it: YAML takes `1.10` for a number, `0755` for
 * another one, `2024-01-02` for a moment, and the text is lost before this program gets the value.
 */
import type { z } from 'zod';
import type { Problem } from './problem.ts';
import { schemaAt, valueAt } from './schema-at.ts';
import { isSecretKey } from './secret-keys.ts';
import { readText, type Written } from './stack-text.ts';

/** Pulumi's values by key without `keelson:`, and the schema of each. */
export type Taken = {
  readonly values: Readonly<Record<string, unknown>>;
  readonly schemas: Readonly<Record<string, z.ZodType>>;
  /** Values that say which way of a schema holds, where others are merged with these; default: `values`. */
  readonly whole?: Readonly<Record<string, unknown>> | undefined;
  /** Keys of which nothing may be shown. */
  readonly hidden: ReadonlySet<string>;
};

/** Problems by the path that they are about. */
export type Told = ReadonlyMap<string, Problem>;

/** Where the text of a file and the value that arrived differ, and secrets that are written for all to read. */
export function heldAgainst(text: string, taken: Taken): Told {
  const told = new Map<string, Problem>();
  if (!isSuspect(text)) return told;
  const all = readText(text).values;
  if (!isFileOf(all, taken.values)) return told;
  const seen = new Set<string>();
  for (const one of all) {
    const place = one.path.join('.');
    if (seen.has(place)) continue;
    seen.add(place);
    const problem = isSecretKey(one.path[0]) ? plainSecret(one) : changed(one, taken);
    if (problem) told.set(place, `${place}: ${problem}`);
  }
  return told;
}

/** What may be a number, a moment or a truth value to YAML, wherever it stands. */
const bareWords = /(?<![^\s,[{:])(?:[-+.]{0,2}\d[^\s,\]}]*|true|false)(?![^\s,\]}])/gi;
const numbers = /^[-+]?(?:0[xob][\da-f_]+|[\d_]*\.?[\d_]*(?:e[-+]?\d+)?)$/i;
const moments = /^\d{4}-\d/;
/** Written as it arrives. */
const canonical = /^(?:-?[1-9]\d{0,14}|0|true|false)$/;
/** A line below `keelson:secrets` or `keelson:serverSecrets` as Pulumi writes it. */
const encrypted = /^\s*(?:#.*|[A-Za-z_][\w-]*:|secure: \S+)?$/;

/** Most files are found good by their letters: what reads YAML takes longer to load than such a file to be read. */
function isSuspect(text: string): boolean {
  const isOdd = (word: string) =>
    !canonical.test(word) && (numbers.test(word) || moments.test(word) || /^[tf]/i.test(word));
  const blocks = text.matchAll(
    /^( *)["']?keelson:(?:secrets|serverSecrets)["']?:(.*(?:\n(?:\1 +.*|\s*))*)/gm,
  );
  const secrets = [...blocks].flatMap(([, , block = '']) => block.split('\n'));
  return (
    [...text.matchAll(bareWords)].some(([word]) => isOdd(word)) ||
    !secrets.every((line) => encrypted.test(line))
  );
}

const isNothing = ({ text, bare }: Written): boolean => bare && /^(?:|~|null)$/i.test(text);

/** Whether most texts of a file are those that arrived; of another file few are. */
function isFileOf(all: readonly Written[], values: Taken['values']): boolean {
  const texts = all.filter(({ path }) => typeof valueAt(values, path) === 'string');
  const same = texts.filter(({ path, text }) => {
    const value = valueAt(values, path) as string;
    return value === text || moment.test(value);
  });
  return same.length * 2 > texts.length;
}

/** How Pulumi writes a moment. */
const moment = /^\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [-+]\d{4} \S+$/;

function changed(
  { path, text, bare }: Written,
  { values, schemas, hidden, whole = values }: Taken,
): string | undefined {
  const [key = '', ...inner] = path;
  const value = valueAt(values, path);
  if (!bare || hidden.has(key) || value === null || value === undefined) return undefined;
  const rewritten = typeof value === 'string' && value === text && moment.test(text);
  if (rewritten)
    return `${text} is a date that Pulumi rewrote; write it in quotes, as it was meant`;
  const arrived = typeof value === 'string' ? JSON.stringify(value) : String(value);
  if (typeof value === 'object' || text === String(value)) return undefined;
  // Not of this text.
  if (typeof value === 'string' && !moment.test(value)) return undefined;
  const schema = schemas[key] && schemaAt(schemas[key], whole[key], inner);
  if (!schema) return undefined;
  if (schema.safeParse(text).success || typeof value === 'string')
    return `${text} is ${kinds[typeof value]} to YAML, and arrives as ${arrived}; write it in quotes`;
  if (Number(text) === value || text.toLowerCase() === String(value)) return undefined;
  return `${text} arrives as ${arrived}; write ${arrived}, or the number that was meant`;
}

const kinds: Record<string, string> = {
  string: 'a date',
  number: 'a number',
  boolean: 'true or false',
};

function plainSecret(written: Written): string | undefined {
  const { path } = written;
  const least = path[0] === 'secrets' ? 3 : 2;
  if (path.length < least || isNothing(written)) return undefined;
  return `is not encrypted; run pulumi config set --secret --path 'keelson:${path.join('.')}', and choose another value where somebody may have read this one`;
}
