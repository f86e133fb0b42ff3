/**
 * The user that an app runs as, and where its files lie.
 *
 *     /srv/shop            root:root     0755   to be passed through by nginx and the app
 *     /srv/shop/releases   root:shop     2750   code: read by the app, written by nobody
 *     /srv/shop/public     root:www-data 2750   copies of the static files, for nginx alone
 *     /srv/shop/uploads    shop:www-data 2770   what the app receives, readable for nginx
 *     /srv/shop/data       shop:shop     2750   what the app keeps for itself
 *     /srv/shop/linked     root:root     0755   in it what the app writes in place of paths of its release
 *     /srv/shop/.scratch  root:shop     2750   in it what the app writes and is one release's own
 *     /srv/shop/.home      shop:shop     2750   what it finds as HOME; .cache as XDG_CACHE_HOME
 */
import { directory, group, systemUser } from '../host/kinds.ts';
import { appComponent } from './component.ts';

/** Where an app's files lie. */
export const home = (app: { name: string }): string => `/srv/${app.name}`;

export const user = appComponent({
  name: 'user',
  fields: {},
  render: (app: { name: string }) => ({
    app: [
      group(app.name),
      systemUser(app.name, { group: app.name }),
      directory(home(app)),
      directory(`/etc/keelson/${app.name}`, { group: app.name, mode: '0750' }),
    ],
  }),
  conflicts: (apps: readonly { name: string }[], { server }) => {
    if (!server) return [];
    const people = new Map([
      [server.user ?? 'root', 'the user who logs in'],
      ...(server.deploy ? [[server.deploy.name, 'the deploy user'] as const] : []),
    ]);
    return apps
      .filter(({ name }) => people.has(name))
      .map(
        ({ name }) =>
          `apps.${name}: "${name}" is ${people.get(name)} of ${server.name}, and an app has a user of its own name; rename the app`,
      );
  },
});
