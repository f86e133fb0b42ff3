/** A shared file: what stacks that extend it have in common, in the words of a stack file. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isMapping, type Mapping } from './merge.ts';
import { examine, type Problem } from './problem.ts';
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
  const { lines } = readText(text);
  const others = isMapping(given) ? Object.keys(given).filter((key) => key !== 'config') : [];
  const outside = others.map((key) => `${name}:${lineOf(text, key)}: ${key}: ${misplaced(key)}`);
  if (outside.length > 0) throw new Unusable(outside);
  const { value, problems } = examine(fileSchema, given, []);
  if (!value) throw new Unusable(problems.map((problem) => `${name}:1: ${problem}`));
  const at = (key: string): string => `${name}:${lineOf(text, key)}`;
  const entries = Object.entries(value.config);
  const found = [
    ...entries.flatMap(([key, inner]) => strange(key, inner).map((line) => `${at(key)}: ${line}`)),
    ...sealed(value.config).map((place) => {
      const own = place.replace(/^keelson:/, '');
      return `${name}:${lines.get(own) ?? '?'}: ${own}: is encrypted for one stack alone; write it in that stack’s own file`;
    }),
  ];
  if (found.length > 0) throw new Unusable(found);
  const values = Object.fromEntries(
    entries.map(([key, inner]) => [key.replace(/^keelson:/, ''), inner]),
  );
  return { name, text, values, lines };
}

const fileSchema = z.strictObject({
  config: z.record(z.string(), z.unknown()).describe('What stacks share, in a stack file’s words'),
});

/** @throws Unusable where it is no YAML. */
export function parsed(text: string, name: string): unknown {
  const { LineCounter, parseDocument } = loadYaml();
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { merge: true, logLevel: 'silent', lineCounter });
  const wrong = [...document.errors, ...document.warnings].map(({ message, pos }) => {
    const [what = ''] = message.split(/ at line \d|\n/);
    return `${name}:${lineCounter.linePos(pos[0]).line}: is no YAML here: ${what.replace(/[.:]$/, '')}; mend it`;
  });
  if (wrong.length > 0) throw new Unusable(wrong);
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw new Unusable([`${name}: is no YAML: ${(error as Error).message}; mend it`]);
  }
}

/** What to do with a key that stands beside `config`. */
const misplaced = (key: string): string =>
  key.startsWith('keelson:')
    ? 'is not below config; write config: above it, and indent it'
    : 'is a stack file’s own, or nothing; remove it here';

/** What a key of its `config` has no place for. */
function strange(key: string, value: unknown): Problem[] {
  if (!key.startsWith('keelson:'))
    return [
      `${key}: is no setting of Keelson’s, and Pulumi reads stack files alone; write it in each of them`,
    ];
  if (key === 'keelson:secrets')
    return [
      `secrets: are each stack’s own; remove them here, and run pulumi config set --secret --path 'keelson:secrets.APP.NAME'${hasText(value) ? ' with other values where somebody may have read these' : ''}`,
    ];
  return [];
}

const hasText = (value: unknown): boolean =>
  isMapping(value) ? sealed({ '': value }).length === 0 : value !== null;

/** Paths of values that `pulumi config set --secret` wrote. */
function sealed(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null || path[0] === 'keelson:secrets') return [];
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
