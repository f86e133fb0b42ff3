/** What an app expects of its user: a home and a cache that survive releases, and room for temporary files on disk. */
import { appComponent } from './component.ts';
import { kept, type OnRemove } from './directories.ts';
import { placed } from './places.ts';
import { home as folder } from './user.ts';

type Owned = {
  name: string;
  onRemove: OnRemove;
  places?: Readonly<Record<string, string>>;
};

export const home = appComponent({
  name: 'home',
  fields: {},
  variables: (app: Owned) => ({
    HOME: `${folder(app)}/.home`,
    XDG_CACHE_HOME: `${folder(app)}/.cache`,
    // Each instance has its own; /tmp is memory on Debian 13.
    TMPDIR: '/var/tmp',
  }),
  render: (app: Owned) => {
    const own = { group: app.name, mode: '2750' };
    return {
      app: [
        ...placed(app, '.home', { ...kept(app), ...own }),
        // What can be made again goes with the app.
        ...placed(app, '.cache', { ...kept(app), ...own, remove: 'last' }),
      ],
    };
  },
});
