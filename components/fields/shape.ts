/** Shapes: the fields that several components have together. */
import { z } from 'zod';

export type Shape = Readonly<Record<string, z.ZodType>>;

/** What fields hold once they are read. */
export type Values<F extends Shape> = [keyof F] extends [never] ? object : z.output<z.ZodObject<F>>;

type Component = { readonly fields: Shape };
type Intersection<T> = (T extends unknown ? (it: T) => void : never) extends (it: infer I) => void
  ? I
  : never;

/** The fields of all components of a list. */
export type Merged<C extends readonly Component[]> =
  Intersection<C[number]['fields']> extends infer F extends Shape
    ? { [name in keyof F]: F[name] }
    : never;

/** What must hold between fields: where a breach is told, and in which words. */
export type Rule<S> = {
  readonly path: string;
  readonly error: string;
  /** A field that is not readable is undefined here. */
  readonly holds: (given: Partial<S>) => boolean;
};

/**
 * The fields of all components as one.
 * @throws when two components have a field of the same name.
 */
export function mergedFields<C extends readonly Component[]>(components: C): Merged<C> {
  const merged: Record<string, z.ZodType> = {};
  for (const [name, field] of components.flatMap(({ fields }) => Object.entries(fields))) {
    if (name in merged) throw new Error(`two components have a field ${name}; rename one`);
    merged[name] = field;
  }
  return merged as Merged<C>;
}

/** A mapping of these fields, and of no others, in which these rules hold. */
export function mapping<F extends Shape>(
  fields: F,
  rules: readonly Rule<never>[],
): z.ZodObject<F, z.core.$strict> {
  return rules.reduce(
    (schema, { path, error, holds }) =>
      schema.refine((given) => holds(given as never), {
        path: path.split('.'),
        error,
        when: isMapping,
      }),
    z.strictObject(fields) as z.ZodObject<F, z.core.$strict>,
  );
}

/** Lets a check across fields run beside complaints about other fields. */
const isMapping = ({ value }: { value: unknown }): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
