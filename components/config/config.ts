/** Config: everything that a stack file says, read at once and checked before a host is contacted. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { awsSchema } from './aws.ts';
import { between } from './between.ts';
import { type Combined, combined, wholeOf } from './combined.ts';
import { layersOf } from './extends.ts';
import { type Given, givenByPulumi } from './given.ts';
import { secretsSchema, strangers } from './host.ts';
import { missingFiles } from './local-files.ts';
import type { Mapping } from './merge.ts';
import { awsConflicts, withAws } from './on-aws.ts';
import { overrideProblems } from './overrides.ts';
import { located, placesOf } from './places.ts';
import type { Problem } from './problem.ts';
import { ConfigError, reader } from './read.ts';
import { valueAt } from './schema-at.ts';
import { isSecretKey, secretCommand, secretKeys } from './secret-keys.ts';
import { readPlaces } from './servers.ts';
import type { Layer } from './shared-file.ts';
import { unknownKey } from './spelling.ts';
import { type Config, driftSchema, rolloutSchema, stackSchemas } from './stack.ts';
import { unfitServers } from './unfit.ts';
import { heldAgainst, type Told } from './written.ts';

export type { Given } from './given.ts';
export { ConfigError } from './read.ts';
export type { Config } from './stack.ts';

/**
 * The configuration of the current stack.
 * @throws ConfigError with all problems at once.
 */
export const stackConfig = (): Config => readConfig(givenByPulumi());

/**
 * Reads a stack's configuration; paths in it are relative to the working directory, which
 * Pulumi makes the project's.
 *
 * @throws ConfigError with all problems, each as path, value, expectation and remedy;
 *   no value of `secrets`, or of a key that is encrypted, is in its message.
 * @example readConfig({ values: { server: { address: 'web1.example.com' } }, encrypted: new Set() })
 */
export const readConfig = (given: Given): Config => resolve(given).config;

/** What a configuration was made of, beside itself. */
export type Resolved = {
  readonly config: Config;
  readonly given: Combined;
  /** The files that were merged, the lowest first; none where the stack file extends none. */
  readonly layers: readonly Layer[];
};

/** As `readConfig()`, with what it was made of. */
export function resolve(given: Given): Resolved {
  const isAlone = given.values.extends === undefined;
  const layers = isAlone ? [] : layersOf(given);
  const all = combined(isAlone ? [given.values] : layers.map(({ values }) => values));
  const places = placesOf(layers);
  const told: Told = new Map([
    ...idleNulls(all, layers),
    ...(isAlone ? wordsOf(given) : wordsOfAll(layers, given.encrypted, wholeOf(all))),
  ]);
  const problems = [...unknownKeys(all), ...misplaced(given, all, told), ...told.values()];
  const said = new Set(told.values());
  const refuse = (): void => {
    if (problems.length === 0) return;
    const what = isAlone ? 'the stack file' : 'the stack file with what it extends';
    const lines = problems.map((line) => (said.has(line) ? line : located(line, places)));
    throw new ConfigError(what, lines);
  };
  const config = readAll(given, all, { problems, told, refuse });
  return { config, given: all, layers };
}

type Reports = {
  readonly problems: Problem[];
  readonly told: Told;
  /** Throws where there are problems by now. */
  readonly refuse: () => void;
};

function readAll(given: Given, all: Combined, { problems, told, refuse }: Reports): Config {
  const { general } = all;
  const { encrypted } = given;
  const read = reader(problems, encrypted, told);
  for (const servers of all.malformed) read(z.record(z.string(), z.unknown()), servers, 'servers');
  const secrets = read(secretsSchema, general.secrets, 'secrets') ?? {};
  const serverSecrets =
    read(stackSchemas.serverSecrets, general.serverSecrets, 'serverSecrets') ?? {};
  const aws = general.aws === undefined ? undefined : read(awsSchema, general.aws, 'aws');
  const named = readPlaces(all, secrets, { read, problems, told, encrypted });
  const places = withAws(named, aws);
  const drift = read(driftSchema, general.drift, 'drift') ?? 'look';
  const rollout = read(rolloutSchema, general.rollout, 'rollout') ?? { servers: 1 };
  const exceptions = read(stackSchemas.exceptions, general.exceptions, 'exceptions') ?? {};
  // What is wrong between values tells of them; and none of what is encrypted may be told.
  if ([...encrypted].some((key) => !isSecretKey(key))) refuse();
  problems.push(
    ...between(places, all, rollout),
    ...awsConflicts({ named, places, aws, general }),
    ...strangers(secrets, Object.keys(general.apps ?? {})),
    ...unfitServers(places, serverSecrets, all, givenBy),
  );
  if (!given.isElsewhere) problems.push(...missingFiles(places, all));
  refuse();
  const hosts = places.flatMap(({ name, server, aws, apps, secrets }) =>
    server ? [{ name, server, ...(aws && { aws }), apps, secrets, serverSecrets }] : [],
  );
  return {
    hosts,
    aws,
    drift,
    rollout,
    exceptions,
    pins: join(given.file ? dirname(given.file.path) : '.', 'node.json'),
  };
}

const givenBy = (name: string) => `run ${secretCommand('serverSecrets').replace('NAME', name)}`;

/** Where the file says otherwise than what arrived. */
const wordsOf = ({ file, values, encrypted }: Given): Told =>
  file === undefined
    ? new Map()
    : heldAgainst(file.text, { values, schemas: stackSchemas, hidden: encrypted });

/** The same of each file, with its name and line. */
function wordsOfAll(layers: readonly Layer[], hidden: ReadonlySet<string>, whole: Mapping): Told {
  const all = layers.flatMap((layer) => {
    const taken = { values: layer.values, schemas: stackSchemas, hidden, whole };
    const places = placesOf([layer]);
    return [...heldAgainst(layer.text, taken)].map(([path, problem]): [string, Problem] => [
      path,
      located(problem, places),
    ]);
  });
  return new Map(all);
}

/** What is said of each null that finds nothing to take out, by its path. */
function idleNulls({ idle }: Combined, layers: readonly Layer[]): [string, Problem][] {
  return idle.map((path) => {
    const place = path.join('.');
    const own = layers.find(({ values }) => valueAt(values, path) === null);
    const problem = `${place}: is nothing, and there is nothing to take out; write a value, or remove the line`;
    return [place, located(problem, placesOf(own ? [own] : []))];
  });
}

function unknownKeys({ general }: Combined): Problem[] {
  const known = Object.keys(stackSchemas);
  return Object.keys(general)
    .filter((key) => !known.includes(key))
    .map((key) => `${key}: ${unknownKey(key, known)}`);
}

/** Values that are encrypted where they should not be, or not where they should, and others that are out of place. */
function misplaced({ values, encrypted }: Given, all: Combined, written: Told): Problem[] {
  const plain = secretKeys.filter((key) => values[key] !== undefined && !encrypted.has(key));
  return [
    ...(all.servers?.length === 0 && isEmpty(values.servers ?? {})
      ? ['servers: is empty; name at least one server']
      : []),
    ...plain
      .filter((key) => !isEmpty(values[key]) && !isToldOf(key, written))
      .map(
        (key) =>
          `${key}: is not encrypted; remove it from the stack file, then run ${secretCommand(key)}`,
      ),
    ...[...encrypted]
      .filter((key) => !isSecretKey(key))
      .map((key) => `${key}: holds an encrypted value; remove it, then run ${secretCommand(key)}`),
    ...overrideProblems(all),
  ];
}

const isToldOf = (key: string, written: Told): boolean =>
  [...written.keys()].some((path) => path.startsWith(`${key}.`));

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
