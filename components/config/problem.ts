/** Problems: what is wrong with a stack's configuration, in words that say what to do. */
import type { z } from 'zod';
import { forms } from './forms.ts';
import { description, knownKeys, schemaAt, valueAt, variants, ways } from './schema-at.ts';
import { unknownKey } from './spelling.ts';

/** Where a value is, what is wrong with it and what to write: `apps.web.port: 80 is below 1024; …`. */
export type Problem = string;

type Issue = z.core.$ZodIssue;

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/**
 * All problems of a value that was given under `at`.
 *
 * @param hidden whether the value is a secret: its problems then name it without showing it.
 * @returns the parsed value, and the problems; with a problem there is no value.
 */
export function examine<T extends z.ZodType>(
  schema: T,
  given: unknown,
  at: readonly string[],
  hidden = false,
): { value?: z.output<T>; problems: Problem[] } {
  const parsed = schema.safeParse(given);
  const passedOver = protos(given).map(
    (path) =>
      `${[...at, ...path].join('.')}: is a name that JavaScript keeps for itself; choose another`,
  );
  if (parsed.success)
    return passedOver.length > 0 ? { problems: passedOver } : { value: parsed.data, problems: [] };
  const problems = parsed.error.issues
    .flatMap((issue) => deepest(issue, given))
    .flatMap((issue) => {
      const path = [...at, ...issue.path].map(String).join('.');
      const value = valueAt(given, issue.path);
      const shown = value === undefined ? '' : hidden ? 'the value ' : `${show(value)} `;
      const inner = schemaAt(schema, given, issue.path);
      if (issue.code === 'unrecognized_keys' && inner)
        return strangers(issue.keys, inner, value as object, path, hidden);
      if (issue.code === 'invalid_key')
        return issue.issues.map(({ message }) => `${path}: ${message}`);
      return [`${path === '' ? '' : `${path}: `}${shown}${words(issue, value, inner)}`];
    });
  return { problems: [...passedOver, ...problems] };
}

/** Where a key has the one name that zod passes over in silence. */
function protos(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(key === '__proto__' ? [[key]] : []),
    ...protos(inner).map((path) => [key, ...path]),
  ]);
}

/**
 * Of a union, the complaints of the nearest way: of those that are of the type of what was given, the one that knows most
 * of its keys and has least to complain about. Where it knows none, and another way is
 * as near, that none fits.
 */
function deepest(issue: Issue, given: unknown): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const strange = (issues: readonly Issue[]) =>
    issues.reduce(
      (all, it) =>
        all + (it.code === 'unrecognized_keys' && it.path.length === 0 ? it.keys.length : 0),
      0,
    );
  const order = (a: readonly Issue[], b: readonly Issue[]) =>
    strange(a) - strange(b) || a.length - b.length;
  const [way, next] = issue.errors
    .filter((issues) => !issues.some(({ code, path }) => ofType.has(code) && path.length === 0))
    .toSorted(order);
  const all = Object.keys(Object(valueAt(given, issue.path))).length;
  if (way && next && order(way, next) === 0 && strange(way) === all) return [issue];
  const nested = way?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  return nested?.flatMap((inner) => deepest(inner as Issue, given)) ?? [issue];
}

/** What is said of a value as a whole that is of another type, or is another word. */
const ofType: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/** What to say of keys that are not known where they are: they may belong to another way to write the value. */
function strangers(
  keys: readonly string[],
  schema: z.ZodType,
  value: object,
  path: string,
  hidden: boolean,
): Problem[] {
  const knows = (way: z.ZodType, ...all: string[]) =>
    all.every((key) => knownKeys(way, value).includes(key));
  const fitting = ways(schema).find((way) => knows(way, ...Object.keys(value)));
  if (fitting) return examine(fitting, value, [path], hidden).problems;
  return keys.map((key) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (!ways(schema).some((way) => knows(way, key)))
      return `${at}: ${stranger(key, schema, value)}`;
    const others = Object.keys(value).filter(
      (other) => !ways(schema).some((way) => knows(way, key, other)),
    );
    return `${at}: does not go with ${others.join(' and ')}; keep one of them`;
  });
}

/** What to say of a key that no way knows, or that belongs to another type. */
function stranger(key: string, schema: z.ZodType, value: object): string {
  const { field, named } = variants(schema);
  const others = [...named]
    .filter(([name, way]) => name !== undefined && knownKeys(way, value).includes(key))
    .map(([name]) => name);
  if (others.length === 0) return unknownKey(key, nearestKeys(schema, value));
  const way = named.get(valueAt(value, [field]));
  const own = [...named].find(([name, other]) => name !== undefined && other === way)?.[0];
  return `is a setting of ${field} ${others.map(show).join(' or ')}, not of ${show(own)}; leave it out`;
}

/** Keys of the ways that know most of those that were given. */
function nearestKeys(schema: z.ZodType, value: object): string[] {
  const strange = (way: z.ZodType) =>
    Object.keys(value).filter((key) => !knownKeys(way, value).includes(key)).length;
  const all = ways(schema).length > 0 ? ways(schema) : [schema];
  const least = Math.min(...all.map(strange));
  const nearest = all.filter((way) => strange(way) === least);
  return [...new Set(nearest.flatMap((way) => knownKeys(way, value)))];
}

/** The schema's own words, or words for what zod checks by itself. */
function words(issue: Issue, value: unknown, schema: z.ZodType | undefined): string {
  const about = schema && description(schema);
  const remedy = about ? `: ${about}` : '';
  const trouble = value === undefined ? 'is missing' : 'does not fit';
  if (issue.code === 'invalid_type') return ofAnotherType(issue, value, remedy);
  if (issue.code === 'invalid_union' && 'options' in issue)
    return `is not known; choose ${(issue.options as unknown[])
      .flatMap((it) => it ?? [])
      .map(show)
      .join(' or ')}`;
  if (issue.code === 'invalid_union')
    return `${trouble}; write ${(value !== undefined && schema && forms(schema)) || 'it'}${remedy}`;
  if (issue.code === 'invalid_value')
    return `${value === undefined ? trouble : 'is not known'}; choose ${issue.values.map(show).join(' or ')}`;
  return issue.message;
}

/** In the schema's own words where it has some: they say the form as well. */
function ofAnotherType(issue: z.core.$ZodIssueInvalidType, value: unknown, about: string): string {
  const own = issue.message.startsWith('Invalid input') ? undefined : issue.message;
  if (own !== undefined && value !== undefined) return own;
  const trouble = value === undefined ? 'is missing' : 'does not fit';
  const write = own?.replace(/^[^;]*; /, '') ?? `write ${kinds[issue.expected] ?? issue.expected}`;
  return `${trouble}; ${write}${about}`;
}

/** A value as it may stand in a message: short, and quoted where it is text. */
export function show(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  // Of what may be a key nothing but what it is.
  if (typeof value === 'string' && value.startsWith('-----BEGIN '))
    return `"${/^[A-Z -]*/.exec(value)?.[0]}…"`;
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
