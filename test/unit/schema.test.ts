import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { type Config, readConfig } from '../../components/config/config.ts';
import { secretKeys } from '../../components/config/secret-keys.ts';
import { stackSchemas } from '../../components/config/stack.ts';
import { readStackFile } from '../../components/config/stack-on-disk.ts';
import { conversation } from '../../components/fields/conversation.ts';
import * as field from '../../components/fields/index.ts';
import { certificates } from '../../components/server/ship.ts';
import { editorSchema } from '../../tools/editor-schema.ts';
import { annotate, below, print, type Schema, stackFileSchema, ways } from '../../tools/schema.ts';
import { pem } from '../harness/pem.ts';
import { metacharacters, random, spoil } from './hostile.ts';
import { scratchDirectory } from './scratch.ts';

const stacks = new URL('../../stacks/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, stacks), 'utf8');
const reference = read('reference.yaml');
const documents = parseAllDocuments(reference).map((document) => document.toJS());

/** A machine on which the files of the reference lie where it says. */
const machine = scratchDirectory('schema');
for (const path of [
  'shop/x',
  'mailer/x',
  'manual/x',
  'board/dist/x',
  'blog.tar.gz',
  'node-v22.20.0-linux-x64.tar.gz',
  '.ssh/id_ed25519',
]) {
  mkdirSync(dirname(join(machine, path)), { recursive: true });
  writeFileSync(join(machine, path), '');
}
mkdirSync(join(machine, 'project'));
pem(join(machine, 'certificates'), 'shop', {
  names: ['shop.example.com', 'www.shop.example.com', 'shop.example.net'],
});
const { HOME: home } = process.env;
before(() => {
  process.chdir(join(machine, 'project'));
  process.env.HOME = machine;
});
after(() => {
  process.env.HOME = home;
});

type Tree = { [key: string]: unknown };

/** What Pulumi makes of a stack file: keys without their namespace, secrets decrypted. */
function load(file: Tree): Config {
  const entries = Object.entries(file.config as Tree)
    // Those of other packages are none of the kit's.
    .filter(([key]) => key.startsWith('keelson:'))
    .map(([key, value]) => [key.replace('keelson:', ''), decrypt(value)] as const);
  return readConfig({
    values: Object.fromEntries(entries),
    encrypted: new Set(secretKeys),
    file: { path: new URL('reference.yaml', stacks).pathname, text: stringify(file) },
    isElsewhere: 'keelson:extends' in (file.config as Tree),
  });
}

const decrypt = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, part) =>
    key === 'PING_URL' ? 'https://hc.example/1' : part?.secure ? '[secret]' : part,
  );

test('schema.json is what `npm run schema` writes', () => {
  assert.ok(read('schema.json') === print(editorSchema()), 'it is stale: run `npm run schema`');
});

test('the comments of the reference are what `npm run schema` writes', () => {
  assert.ok(reference === annotate(reference), 'they are stale: run `npm run schema`');
});

test('the reference is a stack that can be used', () => {
  const [single, several, staging] = documents.map((document) => load(document));
  assert.deepEqual(
    single?.hosts.map(({ name, apps }) => [name, ...apps.map((app) => app.name)]),
    [
      [
        'server',
        ...'shop blog wiki mailer reports bell feed chat rooms tenants boards'.split(' '),
        ...'cleanup import manual board'.split(' '),
      ],
    ],
  );
  assert.deepEqual(
    several?.hosts.map(({ name, apps }) => [name, ...apps.map((app) => app.name)]),
    [
      ['web1', 'shop'],
      ['web2', 'shop', 'mailer'],
    ],
  );
  assert.deepEqual(
    staging?.hosts.map(({ name, server, apps }) => [name, server.user, apps.map((it) => it.name)]),
    [['server', 'admin', ['shop', 'mailer']]],
  );
});

test('an editor that reads schema.json takes the reference, and marks what is wrong', () => {
  const editor = z.fromJSONSchema(JSON.parse(read('schema.json')));
  for (const document of documents) editor.parse(document);
  const wrong: [unknown, RegExp][] = [
    [{ 'keelson:aps': {} }, /keelson:aps/],
    [{ 'keelson:server': { adress: 'x' } }, /adress/],
    [{ 'keelson:server': { address: 'web 1' } }, /pattern/],
    [{ 'keelson:apps': { shop: { port: 80 } } }, /1024/],
    [{ 'keelson:secrets': { shop: { A: 'plain' } } }, /object/],
    [{ 'keelson:servers': { web1: { apps: { shop: { port: 80 } } } } }, /1024/],
    [{ 'keelson:servers': { web1: { apps: { shop: { prot: 8080 } } } } }, /prot/],
    [{ 'keelson:extends': 3 }, /string/],
  ];
  for (const [config, message] of wrong)
    assert.match(String(editor.safeParse({ config }).error), message);
  const right: unknown[] = [
    { 'aws:region': 'eu-central-1' },
    // A part, since the rest may be shared; and null for what is taken out of that.
    { 'keelson:extends': ['a.yaml', 'b.yaml'], 'keelson:server': { user: null, monit: null } },
    { 'keelson:apps': { shop: { env: { A: null } }, blog: null } },
    { 'keelson:servers': { web1: { apps: { shop: { memory: '2G', sticky: null }, blog: null } } } },
  ];
  for (const config of right)
    assert.deepEqual(editor.safeParse({ config }).error?.issues ?? [], [], JSON.stringify(config));
});

/** Paths of all fields, each with what it may hold; `*` stands for names and numbers. */
function fields(schema: Schema, path = ''): string[] {
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema;
  const entry = typeof additionalProperties === 'object' ? additionalProperties : items;
  return [
    ...Object.entries(properties).flatMap(([key, inner]) => [
      `${path}/${key}`,
      ...fields(inner, `${path}/${key}`),
    ]),
    ...(entry ? fields(entry, `${path}/*`) : []),
    ...[...anyOf, ...oneOf].flatMap((way) => fields(way, path)),
  ];
}

/** The same paths of a document, as far as the schema knows them. */
function used(value: unknown, schema: Schema | undefined, path = ''): string[] {
  if (typeof value !== 'object' || value === null || schema === undefined) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const named = [schema, ...ways(schema, value)].some(({ properties }) => properties?.[key]);
    const at = `${path}/${named ? key : '*'}`;
    return [at, ...used(inner, below(schema, value, key), at)];
  });
}

test('the reference shows every field of the schema', () => {
  const schema = stackFileSchema();
  const shown = new Set(documents.flatMap((document) => used(document, schema)));
  // A server has the same fields alone and among several, an app everywhere and on one server.
  for (const path of [...shown])
    shown
      .add(path.replace('/keelson:server/', '/keelson:servers/*/'))
      .add(path.replace('/keelson:servers/*/', '/keelson:server/'))
      .add(path.replace('/keelson:apps/', '/keelson:servers/*/apps/'));
  const missing = [...new Set(fields(schema))].filter((path) => !shown.has(path));
  assert.deepEqual(missing, []);
});

test('every field has a description', () => {
  const silent: string[] = [];
  const look = (schema: Schema, path: string): void => {
    for (const [key, field] of Object.entries(schema.properties ?? {})) {
      if (!field.description && path !== '') silent.push(`${path}/${key}`);
      look(field, `${path}/${key}`);
    }
    const { additionalProperties, items, anyOf = [], oneOf = [] } = schema;
    for (const inner of [additionalProperties, items, ...anyOf, ...oneOf])
      if (typeof inner === 'object') look(inner, `${path}/*`);
  };
  look(stackFileSchema(), '');
  assert.deepEqual(silent, []);
});

test('every stack file names the schema and can be used', () => {
  const files = readdirSync(stacks).filter((name) => /^Pulumi\..*\.yaml$/.test(name));
  assert.deepEqual(files, ['Pulumi.local.yaml', 'Pulumi.production.yaml', 'Pulumi.staging.yaml']);
  for (const name of files) {
    const text = read(name);
    assert.match(text, /^# yaml-language-server: \$schema=schema\.json$/m, name);
    process.chdir(resolve(stacks.pathname, '..'));
    const given = { ...readStackFile(`stacks/${name}`), isElsewhere: false };
    assert.doesNotThrow(() => readConfig(given), name);
  }
  process.chdir(join(machine, 'project'));
});

type Text = { path: string[]; text: string; isKey: boolean };

/** Every text in a value, keys included, and where it is. */
function texts(value: unknown, path: string[]): Text[] {
  if (typeof value === 'string') return [{ path, text: value, isKey: false }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(Array.isArray(value) ? [] : [{ path: [...path, key], text: key, isKey: true }]),
    ...texts(inner, [...path, key]),
  ]);
}

/** A copy of a value with another text at a path. */
function replaced(value: unknown, [key, ...rest]: string[], text: string, isKey: boolean): unknown {
  if (key === undefined) return text;
  const renamed = isKey && rest.length === 0;
  const entries = Object.entries(value as Tree).map(([name, inner]) => {
    if (name !== key) return [name, inner];
    return renamed ? [text, inner] : [name, replaced(inner, rest, text, isKey)];
  });
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

/** Texts that never reach a host as they are, or are quoted there as a whole. */
const unbound =
  /^(extends|server(s\/\w+)?\/(knownHosts|privateKey)|apps\/\w+\/(source(\/path)?|node\/path|tls\/(certificate|key)|env\/\w+)|secrets\/\w+\/\w+|serverSecrets\/\w+|exceptions\/.+)$/;

/** What single fields of the vocabulary have a use for, by their patterns. */
const admitted = [
  [field.domain, '*'],
  [certificates, ' \n'],
  [field.publicKey, ' '],
  [field.plainText, ' '],
  [field.requestPath, '?'],
  [field.percentage, '%'],
  [field.redirectTarget, '?&%#'],
  [conversation.send.unwrap().in, ` \t\n\r\0\v\f'"\`$;{}()<>|&\\#%*!^?\x1b\x7f`],
  [conversation.expect.unwrap(), ` '"\`$;{}()<>|&\\#%*!^?`],
  [field.headerValue, ` '"\`;{}()<>|&\\#%*!^?`],
  [field.sent, ` \t\n\r\0\v\f'"\`$;{}()<>|&\\#%*!^?\x1b\x7f`],
  [field.expected, ` '"\`$;{}()<>|&\\#%*!^?`],
  [field.cores, '%'],
  [field.networkInterface, '*'],
].map(([schema, characters]): [unknown, string] => [
  z.toJSONSchema(schema as z.ZodType, { io: 'input' }).pattern,
  characters as string,
]);
const settings = below(stackFileSchema(), {}, 'config');

/** Patterns of the ways in which the text at a path may be written. */
function patterns(schema: Schema | undefined, value: unknown, [key, ...path]: string[]): unknown[] {
  if (!schema) return [];
  if (key === undefined)
    return [schema.pattern, ...ways(schema, value).flatMap((way) => patterns(way, value, []))];
  return patterns(below(schema, value, key), (value as Tree)[key], path);
}

/** The metacharacters that a text may hold. Kernel values are words with blanks between them. */
function admits(path: string[], value: unknown): string {
  if (path.includes('sysctl')) return ' ';
  const own = patterns(settings, { [`keelson:${path[0]}`]: value }, [
    `keelson:${path[0]}`,
    ...path.slice(1),
  ]);
  return admitted
    .filter(([pattern]) => own.includes(pattern))
    .map(([, characters]) => characters)
    .join('');
}

const withoutApps = (servers: Tree): Tree =>
  Object.fromEntries(
    Object.entries(servers).map(([name, server]) => {
      const { apps: _, ...rest } = server as Tree;
      return [name, rest];
    }),
  );

type IsGood = (value: Tree) => boolean;

/** A value without all that it can be read without, but for one key: hundreds of texts are tried dozens of times. */
function lean(value: Tree, key: string | undefined, isGood: IsGood): Tree {
  let kept = value;
  for (const other of Object.keys(value).filter((name) => name !== key)) {
    const { [other]: _, ...less } = kept;
    if (isGood(less)) kept = less;
  }
  return kept;
}

/** The same down to the entries of an entry, such as the fields of an app, for each text in turn. */
function leanOnes(whole: Tree, isGood: IsGood) {
  const bare: Record<string, Tree> = {};
  return ([name = '', field = '']: string[]): Tree => {
    const entry = whole[name] as Tree;
    if (typeof entry !== 'object' || Array.isArray(entry)) return lean(whole, name, isGood);
    bare[name] ??= lean(whole, name, isGood);
    const isGoodEntry = (less: Tree) => isGood({ ...bare[name], [name]: less });
    bare[`${name}/`] ??= lean(entry, undefined, isGoodEntry);
    const one = { ...bare[`${name}/`], [field]: entry[field] };
    return { ...bare[name], [name]: isGoodEntry(one) ? one : lean(entry, field, isGoodEntry) };
  };
}

for (const [key, schema] of Object.entries(stackSchemas))
  test(`no text of ${key} lets a metacharacter through`, () => {
    const given = documents.map(({ config }) => config[`keelson:${key}`]).find((found) => found);
    assert.notEqual(given, undefined);
    // What a server says of an app is read as an app, once it is whole.
    const value = key === 'servers' ? withoutApps(given) : given;
    const whole = decrypt(value) as Tree;
    const isGood = (less: unknown): boolean => schema.safeParse(less).success;
    assert.ok(isGood(whole));
    const leanOne = leanOnes(whole, isGood);
    const next = random(2);
    for (const { path, text, isKey } of texts(whole, [])) {
      const at = [key, ...path].join('/');
      if (unbound.test(at) && !isKey) continue;
      // AWS has blanks in the names of tags, too.
      const free = isKey && path.at(-2) !== 'tags' ? '' : admits([key, ...path], whole);
      const forbidden = metacharacters.filter((character) => !free.includes(character));
      const alone = leanOne(path);
      assert.ok(isGood(alone), at);
      for (let round = 0; round < 60; round++) {
        const spoiled = spoil(text, next);
        if (!forbidden.some((character) => spoiled.includes(character))) continue;
        assert.ok(
          !isGood(replaced(alone, path, spoiled, isKey)),
          `${at}: ${JSON.stringify(spoiled)}`,
        );
      }
    }
  });
