/** Secrets of a server, which its components declare and find when they render. */
import { z } from 'zod';
import { mergedFields, type Shape } from './shape.ts';

/** Values by name, those that were given. */
export type Secrets = Readonly<Record<string, string>>;

/** A secret without which a setting means nothing, and what to write there. */
export type SecretNeed = { readonly at: string; readonly secret: string; readonly what: string };

type Component = { readonly secrets?: Shape };

/**
 * The schema of `keelson:serverSecrets`: what the components of the server know, none of which must be there.
 * @throws when two components know a secret of the same name.
 */
export function secretsOf(components: readonly Component[]) {
  const known = mergedFields(components.map(({ secrets = {} }) => ({ fields: secrets })));
  const optional = Object.entries(known).map(([name, field]) => [name, text(field).optional()]);
  return (z.strictObject(Object.fromEntries(optional)) as unknown as z.ZodType<Secrets>)
    .prefault({})
    .describe('Secrets of the servers, by name; encrypted by `pulumi config set`');
}

/** Stands for a value where there is neither engine nor passphrase, whatever the schema of the secret. */
export const covered = '[secret]';

/** What is all digits is a number to `pulumi config set --path`. */
const text = (field: z.ZodType): z.ZodType => {
  const schema = z
    .union([z.string(), z.number(), z.boolean()])
    .transform(String)
    .superRefine((value, context) => {
      if (value === covered) return;
      for (const { message } of field.safeParse(value).error?.issues ?? [])
        context.addIssue({ code: 'custom', message });
    });
  return field.description === undefined ? schema : schema.describe(field.description);
};

/**
 * Secrets that settings ask for and nobody gave, each as a problem.
 * @param remedy what gives one, such as a command.
 */
export const missingSecrets = (
  needs: readonly SecretNeed[],
  secrets: Secrets,
  remedy: (name: string) => string,
): string[] =>
  needs
    .filter(({ secret }) => secrets[secret] === undefined)
    .map(({ at, secret, what }) => `${at}: has no ${what} yet; ${remedy(secret)}`);
