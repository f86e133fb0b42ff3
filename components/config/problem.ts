/** Problems: what is wrong with a stack's configuration, in words that say what to do. */
import type { z } from 'zod';

/** Where a value is, what is wrong with it and what to write: `apps.web.port: 80 is below 1024; …`. */
export type Problem = string;

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

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
  if (parsed.success) return { value: parsed.data, problems: [] };
  const problems = parsed.error.issues
    .flatMap((issue) => deepest(issue))
    .flatMap((issue) => {
      const path = [...at, ...issue.path].map(String).join('.');
      const value = valueAt(given, issue.path);
      const shown = value === undefined ? '' : hidden ? 'the value ' : `${show(value)} `;
      if (issue.code === 'unrecognized_keys') {
        const known = knownKeys(schemaAt(schema, issue.path));
        return issue.keys.map((key) => `${[path, key].join('.')}: ${unknownKey(key, known)}`);
      }
      if (issue.code === 'invalid_key')
        return issue.issues.map(({ message }) => `${path}: ${message}`);
      return [`${path}: ${shown}${words(issue, value, schemaAt(schema, issue.path))}`];
    });
  return { problems };
}

/** Of a union, the complaints of the way that fits the type of what was given, if there is one. */
function deepest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const way = issue.errors.find(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  const nested = way?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  return nested?.flatMap((inner) => deepest(inner as Issue)) ?? [issue];
}

/** The schema's own words, or words for what zod checks by itself. */
function words(issue: Issue, value: unknown, schema: z.ZodType | undefined): string {
  const about = schema && description(schema);
  const remedy = about ? `: ${about}` : '';
  const trouble = value === undefined ? 'is missing' : 'does not fit';
  if (issue.code === 'invalid_type')
    return `${trouble}; write ${kinds[issue.expected] ?? issue.expected}${remedy}`;
  if (issue.code === 'invalid_union')
    return `${trouble}; write ${value === undefined ? 'it' : 'another'}${remedy}`;
  if (issue.code === 'invalid_value')
    return `${value === undefined ? trouble : 'is not known'}; choose ${issue.values.map(show).join(' or ')}`;
  return issue.message;
}

/** What of a schema's definition leads to the schemas that it is made of. */
type Parts = {
  shape?: Record<string, z.ZodType>;
  valueType?: z.ZodType;
  element?: z.ZodType;
  innerType?: z.ZodType;
  in?: z.ZodType;
  options?: z.ZodType[];
};

const partsOf = (schema: z.ZodType): Parts => schema.def as Parts;

/** What an optional, a default, a transform or a union is about. */
function wrapped(schema: z.ZodType): z.ZodType[] {
  const { innerType, in: source, options = [] } = partsOf(schema);
  return [innerType, source, ...options].filter((inner) => inner !== undefined);
}

const schemaAt = (schema: z.ZodType, path: Path): z.ZodType | undefined =>
  path.reduce<z.ZodType | undefined>((outer, key) => outer && below(outer, String(key)), schema);

function below(schema: z.ZodType, key: string): z.ZodType | undefined {
  const { shape, valueType, element } = partsOf(schema);
  const inner = () => wrapped(schema).map((part) => below(part, key));
  return shape?.[key] ?? valueType ?? element ?? inner().find((found) => found);
}

const description = (schema: z.ZodType): string | undefined =>
  schema.description ??
  wrapped(schema)
    .map(description)
    .find((text) => text);

const knownKeys = (schema: z.ZodType | undefined): string[] =>
  schema
    ? [...Object.keys(partsOf(schema).shape ?? {}), ...wrapped(schema).flatMap(knownKeys)]
    : [];

const valueAt = (given: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], given);

/** A value as it may stand in a message: short, and quoted where it is text. */
export function show(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** What to say of a key that no schema knows. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, far: distance(key.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(1, name.length / 3))
    .sort((a, b) => a.far - b.far)[0];
  if (near) return `is not a setting; did you mean ${near.name}?`;
  return `is not a setting; choose among ${known.join(', ')}`;
}

/** How many letters must be changed, added or left out to make `b` of `a` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + (letter === b[j] ? 0 : 1),
          (row[j + 1] ?? 0) + 1,
          (next[j] ?? 0) + 1,
        ),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
