/** Heartbeat: a URL that is asked when a run of a job has ended, so that silence is noticed elsewhere. */
import { environmentName, secretUrl } from '../fields/index.ts';
import { covered } from '../fields/secrets.ts';
import { aptPackage, file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { appComponent, type Named } from './component.ts';
import { type Credentials, credentialPath, isCredential } from './credentials.ts';
import { environmentPath } from './environment.ts';

const fields = {
  heartbeat: environmentName
    .optional()
    .describe(
      'Name of the secret of this app that holds a URL: it is asked for when a run ended well, and with /fail behind its path when not, as healthchecks.io takes it',
    ),
};

type Heartbeat = Named<typeof fields> & Credentials;

/** Without Pulumi it is known that there is one, and no more. */
const isUrl = (value: string): boolean => value === covered || secretUrl.safeParse(value).success;

/** It has units of its own: it makes no run longer, and none fails for it. No app's name holds a `_` or a dot. */
export const heartbeat = appComponent({
  name: 'heartbeat',
  fields,
  render: (app: Heartbeat) => {
    const { name, heartbeat: variable } = app;
    if (variable === undefined) return {};
    const where = isCredential(app, variable)
      ? { credentials: [credentialPath(app, variable)], environments: [] }
      : { credentials: [], environments: [environmentPath(app)] };
    const unit = (instance: string, how: string, end: string) =>
      file(
        `/etc/systemd/system/keelson_heartbeat@${instance}.service`,
        template('app/heartbeat', { name, variable, ...where, how, end }),
      );
    return {
      base: [aptPackage('curl')],
      app: [unit(name, 'well', ''), unit(`${name}.failed`, 'badly', '/fail')],
    };
  },
  conflicts: (apps, { secrets }) =>
    apps.flatMap(({ name, heartbeat }) => {
      if (heartbeat === undefined) return [];
      const value = secrets[name]?.[heartbeat];
      const at = `apps.${name}.heartbeat: ${heartbeat}`;
      const set = `run pulumi config set --secret --path 'keelson:secrets.${name}.${heartbeat}'`;
      if (value === undefined) return [`${at} is no secret of ${name}; ${set}`];
      return isUrl(value) ? [] : [`${at} holds no URL that can be asked; ${set}`];
    }),
});
