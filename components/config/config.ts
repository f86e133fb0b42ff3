/** Config: everything that a stack file says, read at once and checked before a host is contacted. */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { appSchema } from '../app/app.ts';
import * as field from '../fields/index.ts';
import { type ServerConfig, serverSchema } from '../server/server.ts';
import { clashes } from './conflicts.ts';
import { examine, type Problem, show, unknownKey } from './problem.ts';
import { type Config, driftSchema, rolloutSchema, secretsSchema, stackSchemas } from './stack.ts';

export type { Config } from './stack.ts';

/** What Pulumi hands over: values by key without `keelson:`, and which of them are encrypted. */
export type Given = {
  values: Readonly<Record<string, unknown>>;
  encrypted: ReadonlySet<string>;
};

/** A stack file that cannot be used; Pulumi shows its message without a stack trace. */
export class ConfigError extends pulumi.RunError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`the stack file has ${count}:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * The configuration of the current stack.
 * @throws ConfigError with all problems at once.
 */
export function stackConfig(): Config {
  const prefix = 'keelson:';
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), parseValue(value)] as const);
  // Exported, though not in the SDK's types: nothing else tells without a warning.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };
  const encrypted = entries.map(([key]) => key).filter((key) => isConfigSecret(prefix + key));
  return readConfig({ values: Object.fromEntries(entries), encrypted: new Set(encrypted) });
}

/** Pulumi hands structured values over as JSON, plain text as it is. */
function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * Reads a stack's configuration; paths in it are relative to the working directory, which
 * Pulumi makes the project's.
 *
 * @throws ConfigError with all problems, each as path, value, expectation and remedy;
 *   no value of `secrets`, or of a key that is encrypted, is in its message.
 * @example readConfig({ values: { server: { address: 'web1.example.com' } }, encrypted: new Set() })
 */
export function readConfig(given: Given): Config {
  const { values } = given;
  const problems = [...unknownKeys(values), ...misplaced(given)];
  const read: Read = (schema, value, ...at) => {
    const hidden = at[0] === 'secrets' || given.encrypted.has(at[0] ?? '');
    const result = examine(schema, value, at, hidden);
    problems.push(...result.problems);
    return result.value;
  };
  const apps = readNamed(read, field.appName, appSchema, values.apps ?? {}, 'apps');
  const config: Config = {
    servers: readServers(read, values),
    apps,
    secrets: read(secretsSchema, values.secrets, 'secrets') ?? {},
    drift: read(driftSchema, values.drift, 'drift') ?? 'look',
    rollout: read(rolloutSchema, values.rollout, 'rollout') ?? { servers: 1 },
  };
  problems.push(...clashes({ ...config, names: Object.keys(values.apps ?? {}) }));
  problems.push(...unreadableFiles(config, values.servers === undefined));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

type Read = <T extends z.ZodType>(
  schema: T,
  value: unknown,
  ...at: string[]
) => z.output<T> | undefined;

/** A single server needs no name in the stack file; `server` is its name everywhere else. */
function readServers(read: Read, values: Given['values']): ServerConfig[] {
  if (values.servers !== undefined)
    return readNamed(read, field.serverName, serverSchema, values.servers, 'servers');
  const server = read(serverSchema, values.server, 'server');
  return server ? [{ ...server, name: 'server' }] : [];
}

/** Reads entry by entry, so that a problem in one does not hide those of another. */
function readNamed<T extends z.ZodType<object>>(
  read: Read,
  names: z.ZodType<string>,
  schema: T,
  given: unknown,
  at: string,
): (z.output<T> & { name: string })[] {
  const entries = read(z.record(z.string(), z.unknown()), given, at) ?? {};
  return Object.entries(entries).flatMap(([name, entry]) => {
    read(names, name, at, name);
    const value = read(schema, entry, at, name);
    return value ? [{ ...value, name }] : [];
  });
}

function unknownKeys(values: Given['values']): Problem[] {
  const known = Object.keys(stackSchemas);
  return Object.keys(values)
    .filter((key) => !known.includes(key))
    .map((key) => `${key}: ${unknownKey(key, known)}`);
}

/** Keys that do not go together, and values that are encrypted where they should not be, or not where they should. */
function misplaced({ values, encrypted }: Given): Problem[] {
  const command = "pulumi config set --secret --path 'keelson:secrets.APP.NAME'";
  const plain = values.secrets !== undefined && !encrypted.has('secrets');
  const { server, servers } = values;
  return [
    ...(server && servers ? ['servers: is given beside server; keep one of them'] : []),
    ...(isEmpty(servers) ? ['servers: is empty; name at least one server'] : []),
    ...(plain && !isEmpty(values.secrets)
      ? [`secrets: is not encrypted; remove it from the stack file, then run ${command}`]
      : []),
    ...[...encrypted]
      .filter((key) => key !== 'secrets')
      .map((key) => `${key}: holds an encrypted value; remove it, then run ${command}`),
  ];
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** Files of this machine that the stack file names and that cannot be read. */
function unreadableFiles({ servers, apps }: Config, single: boolean): Problem[] {
  const keys = servers.map(({ name, privateKey }) => ({
    at: single ? 'server.privateKey' : `servers.${name}.privateKey`,
    path: privateKey,
  }));
  const sources = apps.map(({ name, source }) =>
    typeof source === 'string'
      ? { at: `apps.${name}.source`, path: source }
      : { at: `apps.${name}.source.path`, path: 'path' in source ? source.path : undefined },
  );
  const nodes = apps.map(({ name, node }) => ({
    at: `apps.${name}.node.path`,
    path: node === 'debian' ? undefined : node.path,
  }));
  return [...keys, ...sources, ...nodes].flatMap(({ at, path }) =>
    path === undefined || isReadable(path)
      ? []
      : [`${at}: ${show(path)} cannot be read; give a path from ${process.cwd()}`],
  );
}

function isReadable(path: string): boolean {
  try {
    accessSync(resolve(path.replace(/^~(?=\/)/, homedir())), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
