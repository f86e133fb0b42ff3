/** A host as plain data: one server, the apps on it, and their secrets. */
import { z } from 'zod';
import { type AppConfig, appSchema, type appTypes, typeOf } from '../app/components.ts';
import * as field from '../fields/index.ts';
import { missingSecrets, type Secrets as ServerSecrets } from '../fields/secrets.ts';
import { mapping } from '../fields/shape.ts';
import {
  type ServerConfig,
  serverComponents,
  serverFields,
  serverRules,
  serverSecretsSchema,
} from '../server/components.ts';
import type { AwsServerSettings } from './aws.ts';
import { hostConflicts } from './conflicts.ts';
import type { Problem } from './problem.ts';
import { ConfigError, reader, readNamed, unreadable } from './read.ts';

type Fields<F extends z.core.$ZodShape> = z.input<z.ZodObject<F>>;

/** An app as it is given. */
export type AppSettings =
  | ({ type?: 'web' } & Fields<(typeof appTypes)['web']['fields']>)
  | ({ type: 'tcp' } & Fields<(typeof appTypes)['tcp']['fields']>)
  | ({ type: 'worker' } & Fields<(typeof appTypes)['worker']['fields']>)
  | ({ type: 'job' } & Fields<(typeof appTypes)['job']['fields']>)
  | ({ type: 'static' } & Fields<(typeof appTypes)['static']['fields']>);

/** A host as it is given, in a stack file's words. */
export type HostSettings = Fields<typeof serverFields> & {
  apps?: Record<string, AppSettings>;
  /** Secret environment variables, by app and name. */
  secrets?: Record<string, Record<string, string>>;
  /** Secrets of the server, by name. */
  serverSecrets?: Record<string, string>;
};

/** A host as it was read. */
export type HostConfig = {
  /** Names the host in Pulumi's tree, and what it owns on the machine. */
  readonly name: string;
  readonly server: ServerConfig;
  /** What it is made of on EC2; without it the host is there already. */
  readonly aws?: AwsServerSettings;
  readonly apps: readonly AppConfig[];
  /** Values of secret environment variables, by app and name. */
  readonly secrets: Secrets;
  /** Values of the server's own secrets, by name. */
  readonly serverSecrets?: ServerSecrets;
};

export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const secretsSchema = z
  .record(field.appName, z.record(field.environmentName, field.environmentValue))
  .prefault({})
  .describe('Secret environment variables, by app and name; encrypted by `pulumi config set`');

/** A server's settings, and beside them what is read entry by entry. */
const hostSchema = mapping(
  {
    ...serverFields,
    apps: z.unknown().optional(),
    secrets: z.unknown().optional(),
    serverSecrets: z.unknown().optional(),
  },
  serverRules,
);

/** An app on one host. */
export const hostAppSchema = appSchema({});

/**
 * Reads a host's description: a server's settings, `apps` by name, `secrets` by app and name, `serverSecrets` by name.
 *
 * @throws ConfigError with all problems, each as path, value, expectation and remedy.
 * @example parseHost('web1', { address: 'web1.example.com', apps: { shop: { source: '../shop', … } } })
 */
export function parseHost(name: string, given: unknown): HostConfig {
  const problems: Problem[] = [];
  const read = reader(problems, new Set());
  read(field.serverName, name, 'name');
  const parts = (read(z.record(z.string(), z.unknown()), given) ?? {}) as {
    apps?: unknown;
    secrets?: unknown;
    serverSecrets?: unknown;
  };
  const settings = read(hostSchema, parts);
  const apps = readNamed(read, field.appName, hostAppSchema, parts.apps ?? {}, 'apps');
  const secrets = read(secretsSchema, parts.secrets, 'secrets') ?? {};
  const serverSecrets = read(serverSecretsSchema, parts.serverSecrets, 'serverSecrets');
  const { apps: _, secrets: __, serverSecrets: ___, ...rest } = settings ?? {};
  const server = settings && ({ ...rest, name } as ServerConfig);
  problems.push(
    ...hostConflicts(apps, { server, secrets }),
    ...strangers(secrets, Object.keys(parts.apps ?? {})),
    ...(server ? unreadable('', serverFiles(server)) : []),
    ...(server ? unfitOf(server, serverSecrets, (one) => `give it in serverSecrets.${one}`) : []),
    ...apps.flatMap((app) => unreadable(`apps.${app.name}.`, appFiles(app))),
  );
  if (problems.length > 0 || !server) throw new ConfigError(`host ${name}`, problems);
  return { name, server, apps, secrets, ...(serverSecrets && { serverSecrets }) };
}

/** Secrets of apps that are not there. */
export const strangers = (secrets: Secrets, apps: readonly string[]): Problem[] =>
  Object.keys(secrets)
    .filter((name) => !apps.includes(name))
    .map((name) => `secrets.${name}: there is no app ${name}; remove it, or name an app`);

/**
 * What is wrong with the settings of a server that no schema can say, as `status.tls: …`.
 * @param remedy what gives a secret, such as a command.
 */
export const unfitOf = (
  server: ServerConfig,
  secrets: ServerSecrets | undefined,
  remedy: (name: string) => string,
): Problem[] =>
  serverComponents.flatMap(({ needs, unfit }) => [
    ...(unfit?.(server) ?? []),
    ...(secrets ? missingSecrets(needs?.(server) ?? [], secrets, remedy) : []),
  ]);

export const serverFiles = (server: ServerConfig) =>
  serverComponents.flatMap(({ localFiles }) => localFiles?.(server) ?? []);

export const appFiles = (app: AppConfig) =>
  typeOf(app).components.flatMap(({ localFiles }) => localFiles?.(app) ?? []);
