/** Config: everything that a stack file says, read at once and checked before a host is contacted. */
import { dirname, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import type { AppConfig } from '../app/components.ts';
import * as field from '../fields/index.ts';
import type { ServerConfig } from '../server/components.ts';
import { awsSchema } from './aws.ts';
import { balancerConflicts, behindBalancer } from './aws-balancer.ts';
import { bucketConflicts, withMetadata } from './aws-buckets.ts';
import { hostConflicts, nameConflicts, serverConflicts, turnConflicts } from './conflicts.ts';
import {
  appFiles,
  type HostConfig,
  type Secrets,
  secretsSchema,
  serverFiles,
  strangers,
} from './host.ts';
import type { Problem } from './problem.ts';
import { ConfigError, reader, readNamed, unreadable } from './read.ts';
import { missingAws, readServers, type StackServer } from './server.ts';
import { unknownKey } from './spelling.ts';
import { type Config, driftSchema, rolloutSchema, stackAppSchema, stackSchemas } from './stack.ts';
import { stackFile } from './stack-file.ts';
import { heldAgainst, type Told } from './written.ts';

export { ConfigError } from './read.ts';
export type { Config } from './stack.ts';

/** What Pulumi hands over: values by key without `keelson:`, and which of them are encrypted. */
export type Given = {
  values: Readonly<Record<string, unknown>>;
  encrypted: ReadonlySet<string>;
  /** What they were read from, where it is at hand. */
  file?: { readonly path: string; readonly text: string } | undefined;
};

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
  return readConfig({
    values: Object.fromEntries(entries),
    encrypted: new Set(encrypted),
    file: stackFile(),
  });
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
export function readConfig(stack: Given): Config {
  const { values } = stack;
  const written = wordsOf(stack);
  const problems = [...unknownKeys(values), ...misplaced(stack, written), ...written.values()];
  const read = reader(problems, stack.encrypted, written);
  const aws = values.aws === undefined ? undefined : read(awsSchema, values.aws, 'aws');
  const given = readNamed(read, field.appName, stackAppSchema, values.apps ?? {}, 'apps');
  const apps = withMetadata(given, aws?.buckets);
  const named = readServers(read, values);
  const servers = behindBalancer(named, aws ?? {}, apps);
  const secrets = read(secretsSchema, values.secrets, 'secrets') ?? {};
  const drift = read(driftSchema, values.drift, 'drift') ?? 'look';
  const rollout = read(rolloutSchema, values.rollout, 'rollout') ?? { servers: 1 };
  const places = placed(serverNames(values), servers, apps, secrets);
  // What is wrong between values tells of them; and none of what is encrypted may be told.
  const hidden = [...stack.encrypted].some((key) => key !== 'secrets');
  if (hidden) throw new ConfigError('the stack file', problems);
  problems.push(
    ...missingServers(apps, serverNames(values)),
    ...missingAws(servers, values),
    ...balancerConflicts(aws, named, places),
    ...bucketConflicts(aws?.buckets ?? {}, apps, places),
    ...serverConflicts(servers),
    ...turnConflicts(servers, rollout),
    ...nameConflicts(places),
    ...new Set(places.flatMap((place) => hostConflicts(place.apps, place))),
    ...strangers(secrets, Object.keys(values.apps ?? {})),
    ...servers.flatMap((server) =>
      unreadable(values.servers ? `servers.${server.name}.` : 'server.', serverFiles(server)),
    ),
    ...apps.flatMap((app) => unreadable(`apps.${app.name}.`, appFiles(app))),
  );
  if (problems.length > 0) throw new ConfigError('the stack file', problems);
  return {
    hosts: places.flatMap(({ server, ...rest }) => (server ? [{ ...rest, server }] : [])),
    aws,
    drift,
    rollout,
    pins: join(stack.file ? dirname(stack.file.path) : '.', 'node.json'),
  };
}

/** Names of all servers, also of those that cannot be read. */
const serverNames = ({ servers }: Given['values']): string[] =>
  typeof servers === 'object' && servers !== null ? Object.keys(servers) : ['server'];

type Placed = AppConfig & { servers?: readonly string[] | undefined };

/** Each server with the apps that run on it. */
function placed(
  names: readonly string[],
  servers: readonly StackServer[],
  apps: readonly Placed[],
  secrets: Secrets,
): (Omit<HostConfig, 'server'> & { server: ServerConfig | undefined })[] {
  return names.map((name) => {
    const own = apps.filter(({ servers }) => servers?.includes(name) ?? true);
    const known = own.filter((app) => app.name in secrets);
    const { aws, ...server } = servers.find((server) => server.name === name) ?? {};
    return {
      name,
      ...(aws && { aws }),
      server: 'name' in server ? server : undefined,
      apps: own.map(({ servers: _, ...app }) => app as AppConfig),
      secrets: Object.fromEntries(known.map((app) => [app.name, secrets[app.name] ?? {}])),
    };
  });
}

/** Apps that are to run where there is no server. */
const missingServers = (apps: readonly Placed[], names: readonly string[]): Problem[] =>
  apps.flatMap(({ name, servers = [] }) =>
    servers.flatMap((server, index) =>
      names.includes(server)
        ? []
        : [
            `apps.${name}.servers.${index}: there is no server "${server}"; choose among ${names.join(', ')}, or leave it out`,
          ],
    ),
  );

/** Where the file says otherwise than what arrived. */
const wordsOf = ({ file, values, encrypted }: Given): Told =>
  file === undefined
    ? new Map()
    : heldAgainst(file.text, { values, schemas: stackSchemas, hidden: encrypted });

function unknownKeys(values: Given['values']): Problem[] {
  const known = Object.keys(stackSchemas);
  return Object.keys(values)
    .filter((key) => !known.includes(key))
    .map((key) => `${key}: ${unknownKey(key, known)}`);
}

/** Keys that do not go together, and values that are encrypted where they should not be, or not where they should. */
function misplaced({ values, encrypted }: Given, written: Told): Problem[] {
  const command = "pulumi config set --secret --path 'keelson:secrets.APP.NAME'";
  const plain = values.secrets !== undefined && !encrypted.has('secrets');
  const { server, servers } = values;
  return [
    ...(server && servers ? ['servers: is given beside server; keep one of them'] : []),
    ...(isEmpty(servers) ? ['servers: is empty; name at least one server'] : []),
    ...(plain && !isEmpty(values.secrets) && !isToldOf('secrets', written)
      ? [`secrets: is not encrypted; remove it from the stack file, then run ${command}`]
      : []),
    ...[...encrypted]
      .filter((key) => key !== 'secrets')
      .map((key) => `${key}: holds an encrypted value; remove it, then run ${command}`),
  ];
}

const isToldOf = (key: string, written: Told): boolean =>
  [...written.keys()].some((path) => path.startsWith(`${key}.`));

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
