/** Servers: each with the apps that run there, read from what is shared and what is its own. */
import { z } from 'zod';
import type { AppConfig } from '../app/components.ts';
import * as field from '../fields/index.ts';
import type { ServerConfig } from '../server/components.ts';
import type { AwsServerSettings } from './aws.ts';
import { type Combined, runsOn, type ServerGiven } from './combined.ts';
import type { Secrets } from './host.ts';
import { isMapping, type Mapping } from './merge.ts';
import type { Problem } from './problem.ts';
import { type Known, type Read, readOver } from './read.ts';
import {
  type StackServer,
  sharedStackServerSchema,
  stackServer,
  stackServerSchema,
} from './server.ts';
import { stackAppSchema } from './stack.ts';

/** A server with what was read of it; undefined where it could not be. */
export type Place = {
  readonly name: string;
  readonly server: ServerConfig | undefined;
  /** There where the server is made on EC2. */
  readonly aws?: AwsServerSettings | undefined;
  readonly apps: readonly AppConfig[];
  /** The same apps as they are without the settings that they have here alone. */
  readonly elsewhere: readonly AppConfig[];
  readonly secrets: Secrets;
};

export type Reading = Known & { readonly read: Read; readonly problems: Problem[] };

/** Reads all servers, and all apps once for each way in which they run. */
export function readPlaces(given: Combined, secrets: Secrets, reading: Reading): Place[] {
  const apps = readApps(given, reading);
  const servers = given.servers ?? [single(given)];
  return servers.map((it) => {
    const own = Object.entries(it.apps).flatMap(([name, { value, isOwn }]) => {
      const app = isOwn ? readOwnApp(it.name, name, value, given, reading) : apps.get(name);
      return app ? [{ ...app, name } as AppConfig] : [];
    });
    return {
      name: it.name,
      server: undefined,
      ...readServer(it, given, reading),
      apps: own,
      elsewhere: own.flatMap(({ name }) =>
        apps.has(name) ? [{ ...apps.get(name), name } as AppConfig] : [],
      ),
      secrets: Object.fromEntries(
        own.flatMap(({ name }) => (name in secrets ? [[name, secrets[name] ?? {}]] : [])),
      ),
    };
  });
}

/** A single server needs no name in the stack file; `server` is its name everywhere else. */
const single = ({ general: { server, apps } }: Combined): ServerGiven => ({
  name: 'server',
  value: server,
  apps: Object.fromEntries(
    Object.entries(isMapping(apps) ? apps : {})
      .filter(([, value]) => runsOn(value, 'server'))
      .map(([app, value]) => [app, { value, isOwn: false }]),
  ),
  overrides: [],
});

type Unnamed = Omit<AppConfig, 'name'>;

/** Apps as they are where a server says nothing of them; where each does, they need not be whole. */
function readApps({ general, servers = [] }: Combined, { read }: Reading): Map<string, Unnamed> {
  const all = read(z.record(z.string(), z.unknown()), general.apps ?? {}, 'apps') ?? {};
  const found = Object.entries(all).flatMap(([name, given]): [string, Unnamed][] => {
    read(field.appName, name, 'apps', name);
    const ways = servers.flatMap(({ apps }) =>
      Object.hasOwn(apps, name) ? [apps[name]?.isOwn] : [],
    );
    const isPart = ways.length > 0 && !ways.includes(false);
    const app = isPart
      ? stackAppSchema.safeParse(given).data
      : read(stackAppSchema, given, 'apps', name);
    if (!app) return [];
    const { servers: _, ...rest } = app;
    return [[name, rest as Unnamed]];
  });
  return new Map(found);
}

function readServer(it: ServerGiven, given: Combined, reading: Reading): StackServer | undefined {
  const { read, problems } = reading;
  const { servers, general } = given;
  const named = (value: Parameters<typeof stackServer>[0] | undefined) =>
    value && stackServer(value, it.name);
  if (!servers) return named(read(stackServerSchema, it.value, 'server'));
  const at = ['servers', it.name];
  read(field.serverName, it.name, ...at);
  if (general.server === undefined) return named(read(stackServerSchema, it.value, ...at));
  const schemas = { whole: stackServerSchema, below: sharedStackServerSchema };
  const below = { value: general.server, at: ['server'] };
  return named(readOver(problems, schemas, { value: it.value, at, below }, reading));
}

function readOwnApp(
  server: string,
  name: string,
  value: unknown,
  { general }: Combined,
  reading: Reading,
): Unnamed | undefined {
  const below = { value: (general.apps as Mapping)[name], at: ['apps', name] };
  const schemas = { whole: stackAppSchema, below: stackAppSchema };
  const upper = { value, at: ['servers', server, 'apps', name], below };
  const app = readOver(reading.problems, schemas, upper, reading);
  const { servers: _, ...rest } = app ?? {};
  return app && (rest as Unnamed);
}
