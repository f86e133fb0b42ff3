/** Forms: what may be written for a value, in words. */
import type { z } from 'zod';
import { ways } from './schema-at.ts';

/** What of a schema's definition says how it is written. */
type Parts = {
  type: string;
  values?: readonly unknown[];
  entries?: Readonly<Record<string, unknown>>;
  shape?: Record<string, z.ZodType>;
  innerType?: z.ZodType;
  in?: z.ZodType;
};

const words: Record<string, string> = {
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  record: 'a mapping',
};

/** All ways of a union: `"cores" or a whole number from 1 to 256`. */
export function forms(schema: z.ZodType): string {
  const all = [...new Set(ways(schema).map(form))];
  const last = all.pop() ?? '';
  return all.length === 0 ? last : `${all.join(', ')} or ${last}`;
}

function form(schema: z.ZodType): string {
  const { type, entries, shape, innerType, in: source, ...def } = schema.def as unknown as Parts;
  const inner = innerType ?? source;
  const values = entries ? Object.values(entries) : def.values;
  if (inner) return form(inner);
  if (values) return values.map((value) => JSON.stringify(value)).join(' or ');
  if (shape) return `a mapping with ${keys(shape)}`;
  if (type === 'number') return number(schema as z.ZodNumber);
  const about = type === 'string' && schema.description;
  return (words[type] ?? type) + (about ? ` (${about[0]?.toLowerCase()}${about.slice(1)})` : '');
}

function number({ format, minValue, maxValue }: z.ZodNumber): string {
  const word = format === 'safeint' ? 'a whole number' : 'a number';
  return minValue === null || maxValue === null || Math.abs(minValue) === Number.POSITIVE_INFINITY
    ? word
    : `${word} from ${minValue} to ${maxValue}`;
}

/** Those that must be there, or all where none must. */
function keys(shape: Record<string, z.ZodType>): string {
  const all = Object.keys(shape);
  const needed = all.filter((key) => !shape[key]?.safeParse(undefined).success);
  return (needed.length > 0 ? needed : all).join(' and ');
}
