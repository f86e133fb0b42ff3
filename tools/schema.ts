/**
 * What people read about stack files, made from the zod schemas: their JSON Schema, and the comments in
 * `stacks/reference.yaml`.
 */
import { isMap, isScalar, isSeq, parseAllDocuments, type YAMLMap } from 'yaml';
import { z } from 'zod';
import { stackSchemas } from '../components/config/stack.ts';

/** The part of JSON Schema that zod writes. */
export type Schema = {
  description?: string;
  default?: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  patternProperties?: Record<string, Schema | boolean>;
  required?: string[];
  items?: Schema;
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  [other: string]: unknown;
};

const jsonSchema = (schema: z.ZodType): Schema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return rest as Schema;
};

/** In a stack file each secret is what `pulumi config set --secret` wrote. */
const encrypted: Schema = {
  type: 'object',
  properties: {
    secure: { type: 'string', description: 'Written by `pulumi config set --secret`' },
  },
  required: ['secure'],
  additionalProperties: false,
};

function secrets(): Schema {
  const schema = jsonSchema(stackSchemas.secrets);
  const app = schema.additionalProperties as Schema;
  return { ...schema, additionalProperties: { ...app, additionalProperties: encrypted } };
}

function serverSecrets(): Schema {
  const schema = jsonSchema(stackSchemas.serverSecrets);
  const each = Object.entries(schema.properties ?? {}).map(([name, { description }]) => [
    name,
    { ...encrypted, description },
  ]);
  return { ...schema, properties: Object.fromEntries(each) };
}

const ofSecrets: Readonly<Record<string, () => Schema>> = { secrets, serverSecrets };

/** JSON Schema of a whole stack file. Settings of other packages, such as `aws:region`, are free. */
export function stackFileSchema(): Schema {
  const settings = Object.entries(stackSchemas).map(([key, schema]): [string, Schema] => [
    `keelson:${key}`,
    ofSecrets[key]?.() ?? jsonSchema(schema),
  ]);
  const unknown = `^keelson:(?!(?:${Object.keys(stackSchemas).join('|')})$)`;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A stack file of Keelson',
    type: 'object',
    properties: {
      config: {
        type: 'object',
        properties: Object.fromEntries(settings),
        patternProperties: { [unknown]: false },
      },
    },
  };
}

/** The ways in which a value may be written; of those that one field tells apart, the one of this value. */
export function ways({ anyOf = [], oneOf = [] }: Schema, value: unknown): Schema[] {
  const says = (value ?? {}) as Record<string, unknown>;
  const fits = ({ properties = {} }: Schema) =>
    Object.entries(properties).every(
      ([key, field]) => field.const === undefined || field.const === (says[key] ?? field.default),
    );
  return [...anyOf, ...oneOf.filter(fits)];
}

/** The schema of what is below a key of a value, or of an entry of a list. */
export function below(schema: Schema, value: unknown, key: string): Schema | undefined {
  const { properties, additionalProperties, items } = schema;
  const entry = typeof additionalProperties === 'object' ? additionalProperties : items;
  const inner = () => ways(schema, value).map((way) => below(way, value, key));
  return properties?.[key] ?? entry ?? inner().find((found) => found);
}

/** Which fields of a schema must be given. */
const required = (schema: Schema, value: unknown): string[] => [
  ...(schema.required ?? []),
  ...ways(schema, value).flatMap((way) => required(way, value)),
];

/**
 * Writes each field's description and default above the first place where it is used.
 * @param reference the stack files of the reference, as YAML documents.
 */
export function annotate(reference: string): string {
  const seen = new Set<string>();
  const documents = parseAllDocuments(reference);
  if (!Array.isArray(documents)) throw new Error('stacks/reference.yaml is empty');
  const schema = below(stackFileSchema(), {}, 'config');
  for (const { contents } of documents)
    if (isMap(contents)) annotateNode(contents.get('config'), schema, seen);
  const layout = { lineWidth: 0, flowCollectionPadding: false };
  return documents.map((document) => document.toString(layout)).join('');
}

function annotateNode(node: unknown, schema: Schema | undefined, seen: Set<string>): void {
  if (isMap(node)) annotateMap(node, schema, seen);
  if (isSeq(node))
    for (const item of node.items) annotateNode(item, schema && below(schema, [], '0'), seen);
}

function annotateMap(map: YAMLMap, schema: Schema | undefined, seen: Set<string>): void {
  map.commentBefore = undefined;
  const given = map.toJSON();
  for (const { key, value } of map.items) {
    if (!isScalar(key)) continue;
    const field = schema && below(schema, given, String(key.value));
    const isRequired = schema ? required(schema, given).includes(String(key.value)) : false;
    // The fields of a server occur twice: under `keelson:server` and under `keelson:servers`.
    const identity = JSON.stringify(field);
    key.commentBefore = field && !seen.has(identity) ? comment(field, isRequired) : undefined;
    seen.add(identity);
    annotateNode(value, field, seen);
  }
}

function comment(field: Schema, required: boolean): string | undefined {
  if (field.description === undefined) return undefined;
  const trivial =
    field.default === undefined || /^(\{\}|\[\])$/.test(JSON.stringify(field.default));
  const standard = trivial ? '' : ` Default:\u00a0${show(field.default)}.`;
  const text = `${field.description}.${required ? ' Required.' : ''}${standard}`;
  return text
    .replace(/(.{1,88})(?: |$)/g, ' $1\n')
    .trimEnd()
    .replace('\u00a0', ' ');
}

const show = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** The JSON as Biome formats it: a list of words is one line where that is no longer than 100 characters. */
export function print(schema: Schema): string {
  const text = JSON.stringify(schema, null, 2);
  const list = /^(.*)\[\s+("[^"]*"(?:,\s+(?:"[^"]*"|null))*)\s+\](,?)$/gm;
  const printed = text.replace(list, (as, before: string, words: string, comma: string) => {
    const line = `${before}[${words.replace(/\s+/g, ' ')}]${comma}`;
    return line.length > 100 ? as : line;
  });
  return `${printed}\n`;
}
