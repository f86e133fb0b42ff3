/** Origins: a configuration as it came out, and of each value where it comes from. */
import type { z } from 'zod';
import type { AppConfig } from '../app/components.ts';
import type { ServerGiven } from './combined.ts';
import type { Resolved } from './config.ts';
import { type HostConfig, hostAppSchema } from './host.ts';
import { isMapping, type Mapping } from './merge.ts';
import { type Places, placeOf, placesOf } from './places.ts';
import { schemaAt, standard } from './schema-at.ts';
import { stackServerSchema } from './server.ts';
import { stackSchemas } from './stack.ts';
import { readText } from './stack-text.ts';

/** A value, or a list, and where it comes from: `file:line`, or `default`. */
export class Origin {
  readonly value: unknown;
  readonly from: string;
  constructor(value: unknown, from: string) {
    this.value = value;
    this.from = from;
  }
}

export type Tree = Origin | ReadonlyMap<string, Tree>;

/**
 * All settings of a stack, those of servers with their apps.
 * @param file its stack file, for one that extends none.
 */
export function originsOf(
  { config, given, layers }: Resolved,
  file: { readonly path: string; readonly text: string },
): Tree {
  const all = layers.length > 0 ? layers : [{ name: file.path, lines: readText(file.text).lines }];
  const places = placesOf(all);
  const servers = config.hosts.map((host): [string, Tree] => {
    const own = given.servers?.find(({ name }) => name === host.name);
    return [host.name, hostTree(host, own ?? given.general, places)];
  });
  const general = Object.entries(stackSchemas).flatMap(([key, schema]): [string, Tree][] => {
    const part = { given: given.general[key], made: (config as Mapping)[key], schema };
    const isThere = part.given !== undefined || part.made !== undefined;
    return isThere && !ofServers.has(key) ? [[key, tree(part, [key], places)]] : [];
  });
  return new Map([...general, ['servers', new Map(servers)]]);
}

/** Keys that are shown server by server. */
const ofServers: ReadonlySet<string> = new Set(['server', 'servers', 'apps', 'secrets']);

/** What was said of a server: its own part, or the general one where it stands alone. */
type Said = ServerGiven | { readonly server?: unknown; readonly apps?: unknown };

const isOwn = (said: Said): said is ServerGiven => 'overrides' in said;

function hostTree(
  { name, server, aws, apps, secrets }: HostConfig,
  said: Said,
  places: Places,
): Tree {
  const own = isOwn(said);
  const { name: _, address, ...others } = server;
  // The address of a server that is made is nobody's yet.
  const made = aws ? { aws, ...others } : { address, ...others };
  const at = [...(own ? [`servers.${name}`] : []), 'server'];
  const settings = tree(
    { given: own ? said.value : said.server, made, schema: stackServerSchema },
    at,
    places,
  );
  const appTrees = apps.map((app): [string, Tree] => {
    const given = own ? said.apps[app.name]?.value : (said.apps as Mapping)[app.name];
    const paths = [...(own ? [`servers.${name}.apps.${app.name}`] : []), `apps.${app.name}`];
    const hidden = tree({ given: secrets[app.name] }, [`secrets.${app.name}`], places);
    return [
      app.name,
      new Map([
        ...appSettings(app, given, paths, places),
        ...(hidden instanceof Origin ? [] : [['secrets', hidden] as const]),
      ]),
    ];
  });
  return new Map([...entries(settings), ['apps', new Map(appTrees)]]);
}

const entries = (it: Tree): Iterable<readonly [string, Tree]> => (it instanceof Origin ? [] : it);

/** Where it runs is left out: it is told of a server that it runs on. */
function appSettings(
  app: AppConfig,
  given: unknown,
  paths: readonly string[],
  places: Places,
): Iterable<readonly [string, Tree]> {
  const { name: _, ...made } = app;
  const { servers: __, ...said } = isMapping(given) ? given : {};
  return entries(tree({ given: said, made, schema: hostAppSchema }, paths, places));
}

type Part = {
  readonly given: unknown;
  /** What was made of it, with what came to it by itself. */
  readonly made?: unknown;
  readonly schema?: z.ZodType | undefined;
};

function tree({ given, made, schema }: Part, paths: readonly string[], places: Places): Tree {
  const from = given === undefined ? 'default' : firstOf(paths, places);
  const isNested = isMapping(given === undefined ? made : given);
  if (!isNested) return new Origin(given ?? standard(schema) ?? made, from);
  const [own, all] = [given, made].map((it): Mapping => (isMapping(it) ? it : {}));
  const keys = new Set([...Object.keys(own ?? {}), ...Object.keys(all ?? {})]);
  const inner = [...keys].flatMap((key): [string, Tree][] => {
    const part = { given: own?.[key], made: all?.[key] };
    if (part.given === undefined && part.made === undefined) return [];
    const below = schema && schemaAt(schema, made, [key]);
    const at = paths.map((path) => `${path}.${key}`);
    return [[key, tree({ ...part, schema: below }, at, places)]];
  });
  return inner.length > 0 ? new Map(inner) : new Origin({}, from);
}

/** The first of some paths that is written somewhere. */
const firstOf = (paths: readonly string[], places: Places): string =>
  paths.map((path) => places.get(path)).find((place) => place) ??
  paths.map((path) => placeOf(path, places)).find((place) => place) ??
  '?';
