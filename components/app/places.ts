/** Places: directories of an app that lie elsewhere than below /srv/<app>, such as on a bigger disk. */
import { z } from 'zod';
import { hostPath, relativePath } from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { directory, link } from '../host/kinds.ts';
import { pairs } from '../lib/pairs.ts';
import { appComponent, type Named } from './component.ts';
import { home } from './user.ts';

/** Top-level directories that are not one thing's alone, but may hold a directory that is. */
const shared = ['/srv', '/mnt', '/media', '/opt', '/var', '/var/lib'];
/** What an app cannot see, by its sandbox. */
const hidden = ['/home', '/root', '/tmp', '/var/tmp'];
/** What Debian, its services or the kit use. */
const used = [
  ...['/bin', '/boot', '/dev', '/etc', '/lib', '/lib32', '/lib64', '/proc', '/run', '/sbin'],
  ...['/sys', '/usr', '/lost+found', '/opt/keelson', '/var/lib/keelson', '/var/lib/dpkg'],
  ...['/var/lib/apt', '/var/lib/systemd', '/var/log', '/var/cache', '/var/run', '/var/lock'],
];

const isWithin = (path: string, folder: string): boolean => `${path}/`.startsWith(`${folder}/`);
const isIn =
  (folders: readonly string[]) =>
  (path: string): boolean =>
    folders.some((folder) => isWithin(path, folder));

const place = hostPath
  .refine((path) => !shared.includes(path), {
    error: 'is not the app’s alone; give a directory in it, such as /mnt/disk/shop-uploads',
  })
  .refine((path) => !isIn(hidden)(path), {
    error: 'is hidden from apps; choose a directory such as /mnt/disk/shop-uploads',
  })
  .refine((path) => !isIn(used)(path), {
    error: 'is used by Debian or the kit; choose a directory such as /mnt/disk/shop-uploads',
  })
  .describe(
    'Directory of its own elsewhere, whose disk is mounted, such as /mnt/disk/shop-uploads',
  );

const fields = {
  places: z
    .record(relativePath, place)
    .prefault({})
    .describe(
      'Where directories of `uploads` and `data`, and others below /srv/<app> such as .home, .cache or linked/<path>, lie instead, by name, such as on a bigger disk; /srv/<app>/<name> becomes a link',
    ),
};

type Placed = {
  readonly name: string;
  readonly places?: Readonly<Record<string, string>>;
};

/** What every app has below /srv/<app>, where no directory of people's can have such a name. */
export const ownDirectories = ['.home', '.cache'] as const;

/** The name of a path of the release that is kept outside of it; without one, of their folder. */
export const linkedName = (path: string): string => (path === '' ? 'linked' : `linked/${path}`);

/** The folder of what is one release's own. */
export const scratchName = '.scratch';

/** Where a directory of an app really lies. */
export const placeOf = (app: Placed, name: string): string =>
  app.places?.[name] ?? `${home(app)}/${name}`;

/** A directory of an app; and where it lies elsewhere, the link by which the app finds it as always. */
export function placed(
  app: Placed,
  name: string,
  options: NonNullable<Parameters<typeof directory>[1]>,
): Item[] {
  const path = app.places?.[name];
  const usual = `${home(app)}/${name}`;
  if (path === undefined) return [directory(usual, options)];
  return [directory(path, { ...options, place: true }), link(usual, path, { place: true })];
}

type Places = Named<typeof fields> & {
  uploads?: Readonly<Record<string, string>>;
  data: readonly string[];
  linked: readonly string[];
};

export const places = appComponent({
  name: 'places',
  fields,
  conflicts: (apps: readonly Places[]) => [
    ...apps.flatMap(strangers),
    ...apps.flatMap((app) => inHomes(app, apps)),
    ...overlaps(apps),
  ],
});

/** Places of what the app does not have. */
function strangers({ name: app, places, uploads = {}, data, linked }: Places): string[] {
  const own = new Set([...Object.values(uploads), ...data, ...linked.map(linkedName)]);
  const all = new Set<string>([...own, ...ownDirectories]);
  return Object.keys(places)
    .filter((name) => !all.has(name))
    .map(
      (name) =>
        `apps.${app}.places.${name}: there is no directory "${name}" in uploads or data; ${
          own.size > 0 ? `choose among ${[...own].join(', ')}` : 'name it there first'
        }`,
    );
}

const inHomes = ({ name: app, places }: Places, apps: readonly Places[]): string[] =>
  Object.entries(places).flatMap(([name, path]) =>
    apps
      .filter((other) => isWithin(path, home(other)))
      .map(
        (other) =>
          `apps.${app}.places.${name}: "${path}" lies in ${home(other)}, which is apps.${other.name}'s own; choose a directory elsewhere`,
      ),
  );

/** Two directories in one would be each other's to read, and to remove. */
function overlaps(apps: readonly Places[]): string[] {
  const all = apps.flatMap(({ name: app, places }) =>
    Object.entries(places).map(([name, path]) => ({ at: `apps.${app}.places.${name}`, path })),
  );
  const overlap = (a: { path: string }, b: { path: string }): boolean =>
    isWithin(a.path, b.path) || isWithin(b.path, a.path);
  return pairs(all, overlap).map(
    ({ first, second }) =>
      `${second.at}: "${second.path}" overlaps with "${first.path}" of ${first.at}; choose a directory of its own`,
  );
}
