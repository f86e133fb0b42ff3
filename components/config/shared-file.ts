/** A shared file: what stacks that extend it have in common, in the words of a stack file. */
import { readFileSync } from 'node:fs';
import type { Document } from 'yaml';
import { z } from 'zod';
import { isMapping, type Mapping } from './merge.ts';
import { examine, type Problem, show } from './problem.ts';
import { isSecretKey, secretCommand } from './secret-keys.ts';
import { loadYaml, readText } from './stack-text.ts';

/** A stack file, or one that it extends. */
export type Layer = {
  /** Its path as it is named in messages. */
  readonly name: string;
  readonly text: string;
  /** Values by key without `keelson:`. */
  readonly values: Mapping;
  /** Lines by path. */
  readonly lines: ReadonlyMap<string, number>;
};

/** A file that cannot be used, for whatever is wrong with it. */
export class Unusable extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads a shared file as Pulumi reads a stack file.
 * @param name how messages call it.
 * @throws Unusable with all problems, each with file and line; no value of a secret is among them.
 */
export function readShared(path: string, name: string): Layer {
  const text = readFileSync(path, 'utf8');
  const given = parsed(text, name);
  const others = isMapping(given) ? Object.keys(given).filter((key) => key !== 'config') : [];
  const outside = others.map((key) => `${name}:${lineOf(text, key)}: ${key}: ${misplaced(key)}`);
  if (outside.length > 0) throw new Unusable(outside);
  const { value, problems } = examine(fileSchema, given, []);
  if (!value) throw new Unusable(problems.map((problem) => `${name}:1: ${problem}`));
  const { lines } = readText(text);
  const found = unshared(value.config, { name, text, lines });
  if (found.length > 0) throw new Unusable(found);
  const entries = Object.entries(value.config);
  const values = Object.fromEntries(entries.map(([key, inner]) => [withoutPrefix(key), inner]));
  return { name, text, values, lines };
}

const withoutPrefix = (key: string): string => key.replace(/^keelson:/, '');

/** What of a file cannot be shared, each with its line. */
function unshared(config: Mapping, { name, text, lines }: Omit<Layer, 'values'>): Problem[] {
  const keys = Object.entries(config).flatMap(([key, value]) =>
    strange(key, value).map((line) => `${name}:${lineOf(text, key)}: ${line}`),
  );
  const encrypted = sealed(config).map((place) => {
    const path = withoutPrefix(place);
    return `${name}:${lines.get(path) ?? '?'}: ${path}: is encrypted for one stack alone; write it in that stack’s own file`;
  });
  return [...keys, ...encrypted];
}

const fileSchema = z.strictObject({
  config: z.record(z.string(), z.unknown()).describe('What stacks share, in a stack file’s words'),
});

/** @throws Unusable where it is no YAML. */
export function parsed(text: string, name: string): unknown {
  const { LineCounter, parseDocument } = loadYaml();
  const lineCounter = new LineCounter();
  // Any other level than `silent`, which would pass over a second document.
  const document = parseDocument(text, { merge: true, logLevel: 'error', lineCounter });
  const wrong = faults(document as Document).map(
    ({ at, what }) => `${name}:${lineCounter.linePos(at).line}: is no YAML here: ${what}; mend it`,
  );
  if (wrong.length > 0) throw new Unusable(wrong);
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // Such as aliases within aliases that would fill the memory.
    throw new Unusable([`${name}: is no YAML: ${(error as Error).message}; mend it`]);
  }
}

type Fault = { readonly at: number; readonly what: string };

function faults(document: Document): Fault[] {
  const found = [...document.errors, ...document.warnings].map(({ code, message, pos }): Fault => {
    const [what = ''] = message.split(/ at line \d|\n/);
    const isSecond = code === 'MULTIPLE_DOCS';
    return { at: pos[0], what: isSecond ? 'a second document begins' : what.replace(/[.:]$/, '') };
  });
  loadYaml().visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined)
        found.push({ at: alias.range?.[0] ?? 0, what: `nothing has the anchor &${alias.source}` });
    },
  });
  return found;
}

/** What to do with a key that stands beside `config`. */
const misplaced = (key: string): string =>
  key.startsWith('keelson:')
    ? 'is not below config; write config: above it, and indent it'
    : 'is a stack file’s own, or nothing; remove it here';

/** Keys below which each file says a part. */
const parted = /^keelson:(?:server|servers|apps|rollout|aws|exceptions)$/;

/** What of a key of its `config` cannot be shared. */
function strange(key: string, value: unknown): Problem[] {
  const name = withoutPrefix(key);
  if (!key.includes(':')) return [`${key}: has no namespace; write keelson:${key}`];
  if (value === null) return [`${name}: is empty; write what is shared, or remove the line`];
  if (parted.test(key) && !isMapping(value))
    return [`${name}: ${show(value)} does not fit; write a mapping`];
  if (!key.startsWith('keelson:'))
    return [
      `${key}: is no setting of Keelson’s, and Pulumi reads stack files alone; write it in each of them`,
    ];
  if (isSecretKey(name))
    return [
      `${name}: are each stack’s own; remove them here, and run ${secretCommand(name)}${hasText(value) ? ' with other values where somebody may have read these' : ''}`,
    ];
  return [];
}

const hasText = (value: unknown): boolean =>
  isMapping(value) ? sealed({ '': value }).length === 0 : value !== null;

/** Paths of values that `pulumi config set --secret` wrote. */
function sealed(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null || isSecretKey(withoutPrefix(path[0] ?? '')))
    return [];
  const entries = Object.entries(value);
  if (isMapping(value) && entries.length === 1 && typeof value.secure === 'string')
    return [path.join('.')];
  return entries.flatMap(([key, inner]) => sealed(inner, [...path, key]));
}

/** The line of a key, also of one that is not Keelson's. */
function lineOf(text: string, key: string): number | '?' {
  const at = text.split('\n').findIndex((line) => line.trimStart().startsWith(`${key}:`));
  return at < 0 ? '?' : at + 1;
}
