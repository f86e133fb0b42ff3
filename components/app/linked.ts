/**
 * Linked paths: directories of the release that are kept outside of it, since the app writes there. In each release
 * a link leads to /srv/<app>/linked/<path>, as with Capistrano's linked directories.
 */
import { z } from 'zod';
import { relativePath } from '../fields/index.ts';
import { directory } from '../host/kinds.ts';
import { pairs } from '../lib/pairs.ts';
import { appComponent, type Named } from './component.ts';
import { kept, type OnRemove } from './directories.ts';
import { linkedName, placed } from './places.ts';
import { home } from './user.ts';

const fields = {
  linked: z
    .array(relativePath)
    .prefault([])
    .describe(
      'Directories of the release that the app writes, such as public/uploads: they are kept in /srv/<app>/linked, and each release has a link there; what the source has in them is left out',
    ),
};

type Linked = Named<typeof fields> & {
  onRemove: OnRemove;
  scratch?: readonly string[];
  start?: string | undefined;
  static?: Readonly<Record<string, string>>;
  uploads?: Readonly<Record<string, string>>;
  data: readonly string[];
  places?: Readonly<Record<string, string>>;
};

/** Where the link of a path leads. */
export const linkTarget = (app: { name: string }, path: string): string =>
  `${home(app)}/${linkedName(path)}`;

/** The directories on the way to one, which are nobody's to write. */
const above = (path: string): string[] =>
  path.split('/').map((_, index, parts) => linkedName(parts.slice(0, index).join('/')));

export const linked = appComponent({
  name: 'linked',
  fields,
  render: (app: Linked) => ({
    app: [
      ...[...new Set(app.linked.flatMap(above))].map((name) => directory(`${home(app)}/${name}`)),
      ...app.linked.flatMap((path) =>
        placed(app, linkedName(path), { ...kept(app), group: app.name, mode: '2750' }),
      ),
    ],
  }),
  conflicts: (apps: readonly Linked[]) => apps.flatMap(conflictsOf),
});

/** What of the source is left out, or nginx may not read, cannot be started or served. */
function left({ name, linked, scratch = [], start, static: files = {} }: Linked): string[] {
  const all = [
    ...linked.map((path) => ({ path, setting: 'linked' })),
    ...scratch.map((path) => ({ path, setting: 'scratch' })),
  ];
  const within = (path: string) => all.find((above) => `${path}/`.startsWith(`${above.path}/`));
  const outer = start === undefined ? undefined : within(start);
  return [
    ...(outer === undefined
      ? []
      : [
          `apps.${name}.start: "${start}" lies in "${outer.path}" of ${outer.setting}, whose source is left out; name there what in it the app writes`,
        ]),
    ...Object.entries(files).flatMap(([url, path]) => {
      const above = within(path);
      return above === undefined
        ? []
        : [
            `apps.${name}.static.${url}: "${path}" lies in "${above.path}" of ${above.setting}, which nginx does not read; name there what in it the app writes, or leave its files to the app`,
          ];
    }),
  ];
}

/** One in another would be two things at once; and their folder is theirs alone. */
function conflictsOf(app: Linked): string[] {
  const { name, linked, uploads = {}, data } = app;
  const all = linked.map((path, index) => ({ path, at: `apps.${name}.linked.${index}` }));
  const meet = (a: { path: string }, b: { path: string }) =>
    `${a.path}/`.startsWith(`${b.path}/`) || `${b.path}/`.startsWith(`${a.path}/`);
  const taken = linked.length > 0 && [...Object.values(uploads), ...data].includes('linked');
  return [
    ...left(app),
    ...pairs(all, meet).map(
      ({ first, second }) =>
        `${second.at}: "${second.path}" overlaps with "${first.path}" of ${first.at}; keep the outer one`,
    ),
    ...(taken
      ? [
          `apps.${name}.linked: is kept in /srv/${name}/linked, which uploads or data name too; choose another name there`,
        ]
      : []),
  ];
}
