/** Credentials of an app: secrets that it reads from files, which no process beside it has and no child inherits. */
import { z } from 'zod';
import { environmentName } from '../fields/index.ts';
import { type TlsGiven, toldSecrets } from '../fields/tls.ts';
import { directory, file } from '../host/kinds.ts';
import { pairs } from '../lib/pairs.ts';
import { type AppContext, appComponent, type Named } from './component.ts';

const fields = {
  credentials: z
    .union([z.boolean(), z.record(environmentName, environmentName)])
    .prefault(false)
    .describe(
      'Secrets that the app gets as files in $CREDENTIALS_DIRECTORY, in place of variables: `true` for all, each with its path in NAME_FILE; or some by name, each with the variable that holds its path',
    ),
};

/** What is read of an app, wherever it matters which secrets are files. */
export type Credentials = Named<typeof fields> & { tls?: TlsGiven };

/** All credentials of a unit together, as systemd has it (CREDENTIALS_TOTAL_SIZE_MAX), in bytes. */
const most = 1024 ** 2;

const folder = '/etc/keelson/credentials.d';

/** Where the host keeps it; no name of an app holds a dot. */
export const credentialPath = (app: { name: string }, name: string): string =>
  `${folder}/${app.name}/${name}`;

const given = ({ credentials }: Credentials): Readonly<Record<string, string>> =>
  typeof credentials === 'boolean' ? {} : credentials;

/** Whether a secret of this name is a file. */
export const isCredential = (app: Credentials, name: string): boolean =>
  app.credentials === true || Object.hasOwn(given(app), name);

/**
 * The secrets of an app that are files, by name, each with the variable that holds its path.
 * @example credentialsOf({ name: 'shop', credentials: true }, { KEY: 'x' })[0].variable // KEY_FILE
 */
export const credentialsOf = (app: Credentials, secrets: AppContext['secrets']) =>
  Object.entries(toldSecrets(app.tls, secrets))
    .filter(([name]) => isCredential(app, name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({
      ...{ name, value, path: credentialPath(app, name) },
      variable: given(app)[name] ?? `${name}_FILE`,
    }));

type App = Credentials & { readonly env?: Readonly<Record<string, string>> };

/** They lie in two manifests: the first brings them before the units that load them, the last lets go of them. */
export const credentials = appComponent({
  name: 'credentials',
  fields,
  render: (app: App, { secrets }: Pick<AppContext, 'secrets'>) => {
    const all = credentialsOf(app, secrets);
    if (all.length === 0) return {};
    const own = { mode: '0600', secret: true, bare: true };
    const items = [
      directory('/etc/keelson'),
      directory(folder, { mode: '0700' }),
      directory(`${folder}/${app.name}`, { mode: '0700' }),
      ...all.map(({ path, value }) => file(path, value, own)),
    ];
    return { credentials: items, rollout: items };
  },
  conflicts: (apps: readonly App[], { secrets }) =>
    apps.flatMap((app) => [
      ...missing(app, secrets[app.name] ?? {}),
      ...clashes(app, secrets[app.name] ?? {}),
      ...tooLarge(app, secrets[app.name] ?? {}),
    ]),
});

const missing = (app: App, secrets: AppContext['secrets']): string[] =>
  Object.keys(given(app))
    .filter((name) => secrets[name] === undefined)
    .map(
      (name) =>
        `apps.${app.name}.credentials.${name}: is no secret of ${app.name}; run pulumi config set --secret --path 'keelson:secrets.${app.name}.${name}'`,
    );

/** A variable that holds the path of a file, and is somebody else's too. */
function clashes(app: App, secrets: AppContext['secrets']): string[] {
  const all = credentialsOf(app, secrets);
  const taken = (variable: string): string | undefined => {
    if (Object.hasOwn(app.env ?? {}, variable)) return `is given in apps.${app.name}.env too`;
    return Object.hasOwn(secrets, variable) && !isCredential(app, variable)
      ? `is a secret of ${app.name} too`
      : undefined;
  };
  const at = (name: string) => `apps.${app.name}.credentials.${name}`;
  return [
    ...all.flatMap(({ name, variable }) => {
      const why = taken(variable);
      return why ? [`${at(name)}: ${variable} is to hold its path, and ${why}; rename one`] : [];
    }),
    ...pairs(all, (a, b) => a.variable === b.variable).map(
      ({ first, second }) =>
        `${at(second.name)}: ${second.variable} is to hold its path, and that of ${first.name}; choose another`,
    ),
  ];
}

function tooLarge(app: App, secrets: AppContext['secrets']): string[] {
  const bytes = credentialsOf(app, secrets).reduce(
    (sum, it) => sum + Buffer.byteLength(it.value),
    0,
  );
  return bytes > most
    ? [
        `apps.${app.name}.credentials: are ${bytes} bytes together, and systemd takes ${most}; ship what is not secret as files of the app`,
      ]
    : [];
}
