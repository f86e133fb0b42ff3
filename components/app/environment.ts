/** The environment of an app: one file that systemd reads when it starts an instance. */
import { z } from 'zod';
import { environmentName, environmentValue } from '../fields/index.ts';
import { toldSecrets } from '../fields/tls.ts';
import { sha256 } from '../host/item.ts';
import { file } from '../host/kinds.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { type Credentials, credentialsOf, isCredential } from './credentials.ts';

const fields = {
  env: z
    .record(environmentName, environmentValue)
    .prefault({})
    .describe(
      'Environment variables; secret ones go to keelson:secrets. NODE_ENV, HOST and HOSTNAME have defaults',
    ),
};

type Environment = Named<typeof fields> & Credentials;
type Context = Pick<AppContext, 'variables' | 'secrets'>;

export const environmentPath = (app: { name: string }): string =>
  `/etc/keelson/${app.name}/environment`;

/** Secrets that the app gets as variables. */
const secretVariables = (app: Environment, { secrets }: Pick<Context, 'secrets'>) =>
  Object.fromEntries(
    Object.entries(toldSecrets(app.tls, secrets)).filter(([name]) => !isCredential(app, name)),
  );

/** Every variable but those that the unit sets for each instance; a secret wins over a plain one. */
const variablesOf = (app: Environment, context: Context): Record<string, string> => ({
  NODE_ENV: 'production',
  ...context.variables,
  ...app.env,
  ...secretVariables(app, context),
});

/**
 * One assignment as systemd reads it from an EnvironmentFile (systemd.exec(5)).
 *
 * Between double quotes only `"`, `\`, `$` and the backtick need a backslash; line breaks stand
 * for themselves.
 * @example assignment('GREETING', 'say "hi"') // GREETING="say \"hi\""
 */
export const assignment = (name: string, value: string): string =>
  `${name}="${value.replace(/["\\$`]/g, '\\$&')}"`;

/** Names of its secrets, by which their values are cut out of what is told of it. */
export const secretNamesPath = (app: { name: string }): string =>
  `/etc/keelson/${app.name}/secrets`;

/** The whole file, without the line that holds its hash. */
function assignments(app: Environment, context: Context): string {
  const lines = Object.entries(variablesOf(app, context))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${assignment(name, value)}\n`);
  return `# Environment of ${app.name}. Managed by Keelson.\n${lines.join('')}`;
}

/** What an instance carries as KEELSON_ENVIRONMENT, by which a rollout tells old from new: credentials count too. */
export const environmentHash = (app: Environment, context: Context): string =>
  hashOf(assignments(app, context), app, context);

function hashOf(text: string, app: Environment, context: Context): string {
  const loaded = credentialsOf(app, context.secrets).map(
    ({ name, value }) => `${name} ${sha256(value)}\n`,
  );
  return sha256(`${text}${loaded.join('')}`);
}

/** The environment file: readable for root and the app's group. */
export const environment = appComponent({
  name: 'environment',
  fields,
  render: (app: Environment, context: Context) => {
    const text = assignments(app, context);
    const names = Object.keys(secretVariables(app, context)).sort();
    return {
      rollout: [
        file(environmentPath(app), `${text}KEELSON_ENVIRONMENT=${hashOf(text, app, context)}\n`, {
          group: app.name,
          mode: '0640',
          secret: true,
        }),
        ...(names.length > 0
          ? [file(secretNamesPath(app), `${names.join('\n')}\n`, { mode: '0600' })]
          : []),
      ],
    };
  },
  conflicts: (apps, { secrets }) =>
    apps.flatMap(({ name, env }) =>
      Object.keys(secrets[name] ?? {})
        .filter((variable) => variable in env)
        .map(
          (variable) =>
            `secrets.${name}.${variable}: is given in apps.${name}.env too; remove one of them`,
        ),
    ),
});
