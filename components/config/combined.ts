/** Combined: what each server and each app is given, once shared settings and its own are one. */
import { isMapping, type Mapping, merged } from './merge.ts';

/** An app on one server. */
export type AppGiven = {
  /** What holds of it there. */
  readonly value: unknown;
  /** Whether the server says something of it that others do not. */
  readonly isOwn: boolean;
};

/** A server as it is given, before any of it is checked. */
export type ServerGiven = {
  readonly name: string;
  readonly value: unknown;
  /** By name, also of those that cannot be read. */
  readonly apps: Readonly<Record<string, AppGiven>>;
  /** What each layer says of its apps alone, as it is written. */
  readonly overrides: readonly unknown[];
};

export type Combined = {
  /** What all layers say together, servers apart. */
  readonly general: Mapping;
  /** Undefined where `keelson:server` stands alone. */
  readonly servers: readonly ServerGiven[] | undefined;
  /** What stands in their place and is no mapping. */
  readonly malformed: readonly unknown[];
  /** Paths of nulls that find nothing to take out. */
  readonly idle: readonly (readonly string[])[];
};

/**
 * Brings the layers of a stack together: each over those before it, then what a server says over what all share.
 * @param layers values by key, the lowest first; one alone is taken as it is.
 */
export function combined(layers: readonly Mapping[]): Combined {
  const idle: (readonly string[])[] = [];
  const over = (below: unknown, above: unknown, at: readonly string[]): unknown =>
    merged(below, above, (path) => idle.push(path), at);
  const parts = layers.map(({ servers: _, ...rest }) => rest);
  const general = (
    parts.length === 1 ? parts[0] : parts.reduce((all, part) => over(all, part, []) as Mapping, {})
  ) as Mapping;
  const servers = serverParts(layers);
  return {
    general,
    servers: servers && [...servers].map(([name, own]) => one(name, own, general, over)),
    malformed: layers.flatMap(({ servers = {} }) => (isMapping(servers) ? [] : [servers])),
    idle,
  };
}

type Over = (below: unknown, above: unknown, at: readonly string[]) => unknown;

/** What the layers say of each server; null takes a server out that a layer before has. */
function serverParts(layers: readonly Mapping[]): Map<string, unknown[]> | undefined {
  const said = layers.filter(({ servers }) => servers !== undefined);
  if (said.length === 0) return undefined;
  const all = new Map<string, unknown[]>();
  for (const { servers } of said)
    for (const [name, part] of Object.entries(isMapping(servers) ? servers : {}))
      if (part !== null || layers.length === 1 || !all.delete(name))
        all.set(name, [...(all.get(name) ?? []), part]);
  return all;
}

function one(name: string, own: readonly unknown[], general: Mapping, over: Over): ServerGiven {
  const at = ['servers', name];
  const settings = own.map(withoutApps);
  const shared = general.server;
  const isAlone = shared === undefined && settings.length === 1;
  return {
    name,
    value: isAlone
      ? settings[0]
      : settings.reduce((all, part) => over(all, part, at), isMapping(shared) ? shared : {}),
    apps: appsOn(name, own, general, over),
    overrides: own.flatMap((part) => (isMapping(part) && 'apps' in part ? [part.apps] : [])),
  };
}

function appsOn(
  server: string,
  own: readonly unknown[],
  { apps }: Mapping,
  over: Over,
): ServerGiven['apps'] {
  const entries = Object.entries(isMapping(apps) ? apps : {}).flatMap(
    ([app, given]): [string, AppGiven][] => {
      const here = ownOf(own, app);
      if (!runsOn(given, server) || here.includes(null)) return [];
      const at = ['servers', server, 'apps', app];
      const value = here.reduce((all, part) => over(all, part, at), given);
      return [[app, { value, isOwn: here.length > 0 }]];
    },
  );
  return Object.fromEntries(entries);
}

/** What the layers say of an app on a server; null, as the last word, for one that does not run there. */
function ownOf(own: readonly unknown[], app: string): unknown[] {
  const all = own.flatMap((part) => {
    const apps = isMapping(part) ? part.apps : undefined;
    return isMapping(apps) && Object.hasOwn(apps, app) ? [apps[app]] : [];
  });
  return all.slice(all.at(-1) === null ? -1 : all.lastIndexOf(null) + 1);
}

const withoutApps = (part: unknown): unknown => {
  if (!isMapping(part)) return part;
  const { apps: _, ...rest } = part;
  return rest;
};

/** Whether an app names a server, or none. */
export const runsOn = (app: unknown, server: string): boolean => {
  const servers = isMapping(app) ? app.servers : undefined;
  return !Array.isArray(servers) || servers.includes(server);
};

/** All that was given, by the keys of a stack file. */
export const wholeOf = ({ general, servers }: Combined): Mapping => ({
  ...general,
  ...(servers && { servers: Object.fromEntries(servers.map((it) => [it.name, withApps(it)])) }),
});

const withApps = ({ value, apps }: ServerGiven): unknown =>
  isMapping(value)
    ? {
        ...value,
        apps: Object.fromEntries(Object.entries(apps).map(([name, { value }]) => [name, value])),
      }
    : value;
