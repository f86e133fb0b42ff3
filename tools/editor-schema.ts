/** `npm run schema`: `stacks/schema.json` for editors, and the comments in `stacks/reference.yaml`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { annotate, print, type Schema, stackFileSchema } from './schema.ts';

/**
 * What may stand in a file: a part of the settings, since others may come from the files that it extends, and null for
 * what is taken out of those. What is missing the preview says.
 */
export function editorSchema(): Schema {
  const { properties: { config = {} } = {}, ...schema } = stackFileSchema();
  const { properties: settings = {}, ...rest } = config;
  const {
    'keelson:secrets': secrets = {},
    'keelson:serverSecrets': serverSecrets = {},
    ...others
  } = settings;
  const encrypted = { 'keelson:secrets': secrets, 'keelson:serverSecrets': serverSecrets };
  const partial = Object.fromEntries(
    Object.entries(others).map(([key, value]) => [key, part(value)]),
  );
  // An app is written in two places, and once here.
  const apps = partial['keelson:apps'] as Schema;
  const server = (partial['keelson:servers'] as Schema).additionalProperties as Schema;
  const own = server.properties?.apps as Schema;
  const app = apps.additionalProperties as Schema;
  apps.additionalProperties = own.additionalProperties = { $ref: '#/definitions/app' };
  return {
    ...schema,
    definitions: { app },
    properties: { config: { ...rest, properties: { ...partial, ...encrypted } } },
  };
}

/** A schema of which nothing has to be there, and in which null may stand for each setting. */
function part(schema: Schema): Schema {
  const { required: _, properties, additionalProperties, anyOf, oneOf, ...rest } = schema;
  const each = (all: Record<string, Schema>) =>
    Object.fromEntries(Object.entries(all).map(([key, value]) => [key, orNull(part(value))]));
  return {
    ...rest,
    ...(properties && { properties: each(properties) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'object'
          ? orNull(part(additionalProperties))
          : additionalProperties,
    }),
    ...(anyOf && { anyOf: anyOf.map(part) }),
    ...(oneOf && { anyOf: oneOf.map(part) }),
  };
}

function orNull(schema: Schema): Schema {
  const {
    type,
    const: only,
    enum: words,
    anyOf,
    ...rest
  } = schema as Schema & { enum?: unknown[] };
  if (only !== undefined) return { ...rest, enum: [only, null] };
  if (words) return { ...rest, enum: [...words, null] };
  if (anyOf) return { ...rest, anyOf: [...anyOf, { type: 'null' }] };
  return type === undefined ? schema : { type: [type, 'null'].flat(), ...rest };
}

if (import.meta.main) {
  const stacks = new URL('../stacks/', import.meta.url);
  const reference = new URL('reference.yaml', stacks);
  writeFileSync(new URL('schema.json', stacks), print(editorSchema()));
  writeFileSync(reference, annotate(readFileSync(reference, 'utf8')));
}
