/**
 * Every setting of the reference, with something hostile in it: it is refused where it stands, or what is rendered from
 * it keeps its shape, whatever the language.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { ConfigError, readConfig } from '../../components/config/config.ts';
import { renderHost } from '../../components/config/render.ts';
import { secretKeys } from '../../components/config/secret-keys.ts';
import { unseen } from '../../components/host/facts.ts';
import { pick, type Random } from '../harness/random.ts';
import { spoil } from '../unit/hostile.ts';
import { languageOf, shapeOf } from './shape.ts';
import { nearly } from './text.ts';

type Tree = { [key: string]: unknown };

const secret = 'https://hc.example/hunter2swordfish';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Those that are of a form of their own. */
const given: Readonly<Record<string, string>> = {
  telegram: '123456789:hunter2swordfish-hunter2swordfish',
  acmeAccount: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};

/** A file or directory of this machine that the reference names, as it is here. */
function here(path: string): string {
  const own = path.slice(3).replaceAll('/', '-');
  if (own.includes('.')) writeFileSync(own, '');
  else mkdirSync(own, { recursive: true });
  return own;
}

/** What Pulumi makes of the first stack file of the reference. */
function reference(): Tree {
  const text = readFileSync(new URL('../../stacks/reference.yaml', import.meta.url), 'utf8');
  const [first] = parseAllDocuments(text);
  assert.ok(first);
  const { config } = first.toJS() as { config: Tree };
  const named = Object.entries(config).filter(([key]) => key.startsWith('keelson:'));
  return JSON.parse(
    JSON.stringify(Object.fromEntries(named.map(([key, value]) => [key.slice(8), value]))),
    (key, part) => {
      // Which build of Node.js a version is, is asked of the network; and a certificate would have to be for each name.
      if (['node', 'TLS_KEY'].includes(key)) return undefined;
      if (key === 'tls' && part.redirect) return 'off';
      if (part?.secure !== undefined) return given[key] ?? secret;
      return typeof part === 'string' && part.startsWith('../') ? here(part) : part;
    },
  );
}

/** Where texts and names stand that people choose. */
type Place = { at: readonly string[]; isName: boolean };

function placesIn(value: unknown, at: readonly string[] = []): Place[] {
  if (typeof value === 'string') return [{ at, isName: false }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(Array.isArray(value) ? [] : [{ at: [...at, key], isName: true }]),
    ...placesIn(inner, [...at, key]),
  ]);
}

/** The same with another text, or name, in one place. */
function put(tree: unknown, { at: [key = '', ...rest], isName }: Place, text: string): unknown {
  const entries = Object.entries(tree as Tree).map(([name, value]) => {
    if (name !== key) return [name, value] as const;
    if (rest.length > 0) return [name, put(value, { at: rest, isName }, text)] as const;
    return isName ? ([text, value] as const) : ([name, text] as const);
  });
  if (Array.isArray(tree)) return entries.map(([, value]) => value);
  // As JSON has it, where __proto__ is a name as any other.
  return JSON.parse(
    `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );
}

const release = { hash: 'c'.repeat(64) };

/** Each file that a host gets, by its path. */
export function filesOf(tree: Tree): Map<string, string> {
  const { hosts } = readConfig({ values: tree, encrypted: new Set(secretKeys) });
  return new Map(
    hosts.flatMap((host) => {
      const releases = Object.fromEntries(host.apps.map(({ name }) => [name, release]));
      return renderHost(host, { ...unseen.facts, cores: 2 }, releases).flatMap(({ items }) =>
        items.flatMap(({ name, content }): [string, string][] =>
          content === undefined ? [] : [[name, content]],
        ),
      );
    }),
  );
}

/** Whether people choose a name, or the kit knows it. */
function isFree(tree: Tree, place: Place): boolean {
  try {
    filesOf(put(tree, place, `${place.at.at(-1)}x`) as Tree);
    return true;
  } catch (error) {
    return !/is not a setting/.test(String(error));
  }
}

export type Attempt = { at: string; text: string; files: Map<string, string> };

let known: { tree: Tree; places: Place[]; files: Map<string, string> } | undefined;

/** The reference as it is, and where something can be put in. */
export function good() {
  if (known) return known;
  const tree = reference();
  const places = placesIn(tree).filter((place) => !place.isName || isFree(tree, place));
  known = { tree, places, files: filesOf(tree) };
  return known;
}

/** One setting with something hostile in it, and what is rendered from it; nothing where it was refused. */
export function attempt(random: Random): Attempt | undefined {
  const { tree, places } = good();
  const place = pick(random, places);
  const was = place.isName ? (place.at.at(-1) ?? '') : String(at(tree, place.at));
  const text = random() < 0.7 ? spoil(was, random) : nearly(random, was);
  try {
    return { at: place.at.join('.'), text, files: filesOf(put(tree, place, text) as Tree) };
  } catch (error) {
    if (!(error instanceof ConfigError) && !/^server .* has 2 cores:/.test(String(error)))
      throw new Error(`${place.at.join('.')}: ${JSON.stringify(text)}: ${(error as Error).stack}`);
    return undefined;
  }
}

const at = (tree: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Tree)[key], tree);

/** Whether it was taken; it fails where a file has another shape than the reference gives it. */
export function trySettings(random: Random): boolean {
  const given = attempt(random);
  if (!given) return false;
  const { files } = good();
  for (const [path, content] of given.files) {
    const before = files.get(path);
    if (before === undefined || before === content || !languageOf(path)) continue;
    assert.deepEqual(
      shapeOf(path, content),
      shapeOf(path, before),
      `${given.at}: ${JSON.stringify(given.text)} changes the shape of ${path}`,
    );
  }
  return true;
}
