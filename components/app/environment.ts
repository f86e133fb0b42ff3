/** The environment of an app: one file that systemd reads when it starts an instance. */
import { z } from 'zod';
import { environmentName, environmentValue } from '../fields/index.ts';
import { type Item, sha256 } from '../host/item.ts';
import { file } from '../host/kinds.ts';
import { home } from './user.ts';

export const environmentFields = {
  env: z
    .record(environmentName, environmentValue)
    .prefault({})
    .describe(
      'Environment variables; secret ones go to keelson:secrets. NODE_ENV and HOST have defaults',
    ),
};

type Environment = {
  name: string;
  env: Record<string, string>;
  uploads: Record<string, string>;
  data: readonly string[];
};

export const environmentPath = (app: { name: string }): string =>
  `/etc/keelson/${app.name}/environment`;

/** The variable by which an app finds one of its directories: `DATA_DIR`. */
export const variableOf = (directory: string): string =>
  `${directory.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_DIR`;

/**
 * Every variable but PORT, which the unit sets for each instance; a secret wins over a plain one.
 *
 * HOST is the loopback: instances are reached through nginx alone.
 */
export function variables(app: Environment, secrets: Record<string, string>) {
  const directories = [...Object.values(app.uploads), ...app.data].map((name) => [
    variableOf(name),
    `${home(app)}/${name}`,
  ]);
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    ...Object.fromEntries(directories),
    ...app.env,
    ...secrets,
  } as Record<string, string>;
}

/**
 * One assignment as systemd reads it from an EnvironmentFile (systemd.exec(5)).
 *
 * Between double quotes only `"`, `\`, `$` and the backtick need a backslash; line breaks stand
 * for themselves.
 * @example assignment('GREETING', 'say "hi"') // GREETING="say \"hi\""
 */
export const assignment = (name: string, value: string): string =>
  `${name}="${value.replace(/["\\$`]/g, '\\$&')}"`;

/** The whole file, without the line that holds its hash. */
function assignments(app: Environment, secrets: Record<string, string>): string {
  const lines = Object.entries(variables(app, secrets))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${assignment(name, value)}\n`);
  return `# Environment of ${app.name}. Managed by Keelson.\n${lines.join('')}`;
}

/** What an instance carries as KEELSON_ENVIRONMENT, by which a rollout tells old from new. */
export const environmentHash = (app: Environment, secrets: Record<string, string>): string =>
  sha256(assignments(app, secrets));

/** The environment file: readable for root and the app's group. */
export function renderEnvironment(app: Environment, secrets: Record<string, string>): Item[] {
  const text = assignments(app, secrets);
  return [
    file(environmentPath(app), `${text}KEELSON_ENVIRONMENT=${sha256(text)}\n`, {
      group: app.name,
      mode: '0640',
      secret: true,
    }),
  ];
}
