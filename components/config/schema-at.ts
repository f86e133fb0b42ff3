/** What lies where in a schema, for a value that was given. */
import type { z } from 'zod';

/** What of a schema's definition leads to the schemas that it is made of. */
type Parts = {
  shape?: Record<string, z.ZodType>;
  valueType?: z.ZodType;
  element?: z.ZodType;
  innerType?: z.ZodType;
  in?: z.ZodType;
  options?: z.ZodType[];
  discriminator?: string;
};

const partsOf = (schema: z.ZodType): Parts => schema.def as Parts;

const at = (value: unknown, key: PropertyKey): unknown =>
  (value as Record<PropertyKey, unknown> | undefined)?.[key];

type Path = readonly PropertyKey[];

export const valueAt = (given: unknown, path: Path): unknown => path.reduce(at, given);

/** The ways of a union that one field tells apart, by what it says there. */
export function variants(schema: z.ZodType): { field: string; named: Map<unknown, z.ZodType> } {
  const { discriminator: field = '', options = [] } = partsOf(schema);
  const named = options.flatMap((option): [unknown, z.ZodType][] =>
    [...(option._zod.propValues?.[field] ?? [])].map((name) => [name, option]),
  );
  return { field, named: new Map(field === '' ? [] : named) };
}

/** The ways of a union that nothing but their keys tells apart. */
export const ways = (schema: z.ZodType): z.ZodType[] => {
  const { innerType, in: source, options = [], discriminator } = partsOf(schema);
  const inner = innerType ?? source;
  return discriminator === undefined ? [...options, ...(inner ? ways(inner) : [])] : [];
};

/** What an optional, a default, a transform or a union is about: of a union that a field tells apart, the way of this value. */
function wrapped(schema: z.ZodType, value: unknown): z.ZodType[] {
  const { innerType, in: source, options = [] } = partsOf(schema);
  const { field, named } = variants(schema);
  const way = named.get(at(value, field));
  return [innerType, source, ...(way ? [way] : options)].filter((inner) => inner !== undefined);
}

/** The schema of what lies at a path of a value. */
export function schemaAt(schema: z.ZodType, value: unknown, path: Path): z.ZodType | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const inner = below(schema, value, String(key));
  return inner && schemaAt(inner, at(value, key), rest);
}

function below(schema: z.ZodType, value: unknown, key: string): z.ZodType | undefined {
  const { shape, valueType, element } = partsOf(schema);
  const inner = () => wrapped(schema, value).map((part) => below(part, value, key));
  return shape?.[key] ?? valueType ?? element ?? inner().find((found) => found);
}

/** What a schema says of itself, or what it wraps. */
export const description = (schema: z.ZodType): string | undefined =>
  schema.description ??
  wrapped(schema, undefined)
    .map(description)
    .find((text) => text);

/** The keys that a value may have. */
export const knownKeys = (schema: z.ZodType | undefined, value: unknown): string[] =>
  schema
    ? [
        ...Object.keys(partsOf(schema).shape ?? {}),
        ...wrapped(schema, value).flatMap((inner) => knownKeys(inner, value)),
      ]
    : [];

/** What holds where nothing is given, as it would be written; undefined where the schema has no default. */
export function standard(schema: z.ZodType | undefined): unknown {
  if (!schema) return undefined;
  const { innerType, in: source } = partsOf(schema);
  const { defaultValue } = schema.def as { defaultValue?: unknown };
  return defaultValue ?? standard(innerType ?? source);
}
