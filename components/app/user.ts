/**
 * The user that an app runs as, and the directories that belong to it.
 *
 *     /srv/shop            root:root     0755   to be passed through by nginx and the app
 *     /srv/shop/releases   root:shop     2750   code: read by the app, written by nobody
 *     /srv/shop/public     root:www-data 2750   copies of the static files, for nginx alone
 *     /srv/shop/uploads    shop:www-data 2770   what the app receives, readable for nginx
 *     /srv/shop/data       shop:shop     2750   what the app keeps for itself
 */
import { z } from 'zod';
import { relativePath, urlPath } from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { directory, group, systemUser } from '../host/kinds.ts';

const taken = new Set(['releases', 'current', 'previous', 'public']);

const directoryName = relativePath
  .refine((name) => !name.includes('/') && !name.startsWith('.'), {
    error: 'is not a plain name; give one directory below /srv/<app>, such as uploads',
  })
  .refine((name) => !/^[0-9]/.test(name), {
    error: 'begins with a digit, which the variable that names it cannot; choose another name',
  })
  .refine((name) => !taken.has(name), { error: 'is used by the kit; choose another name' })
  .describe('Name of a directory below /srv/<app>, such as uploads');

export const userFields = {
  uploads: z
    .record(
      urlPath.refine((path) => path !== '/', { error: 'is the whole site; give a path below it' }),
      directoryName,
    )
    .prefault({})
    .describe(
      'Upload directories below /srv/<app>, by the URL path under which nginx serves them; the app finds each as <NAME>_DIR',
    ),
  data: z
    .array(directoryName)
    .prefault([])
    .describe(
      'Private directories below /srv/<app> that the app may write; it finds each as <NAME>_DIR',
    ),
  onRemove: z
    .enum(['keep', 'delete'])
    .prefault('keep')
    .describe(
      'What becomes of uploads, data and log files when the app is removed; `delete` counts once `pulumi up` has run with it',
    ),
};

export type OnRemove = z.output<typeof userFields.onRemove>;

/** What `onRemove` asks of a directory. */
export const leaving = ({ onRemove }: { onRemove: OnRemove }): 'keep' | 'last' =>
  onRemove === 'keep' ? 'keep' : 'last';

type Owner = { name: string; uploads: Record<string, string>; data: readonly string[] };

/** Where an app's files lie. */
export const home = (app: { name: string }): string => `/srv/${app.name}`;

/** The directories that the app itself may write, as absolute paths. */
export const writableDirectories = (app: Owner): string[] =>
  [...new Set([...Object.values(app.uploads), ...app.data])].map((name) => `${home(app)}/${name}`);

/** User, group and directories. Uploads and data stay when the app is removed, unless `onRemove` says otherwise. */
export function renderUser(app: Owner & { static: object; onRemove: OnRemove }): Item[] {
  const { name } = app;
  const code = { group: name, mode: '2750', remove: 'all' } as const;
  // What an app that went left behind is root's; all of it is the app's again when it comes back.
  const kept = { owner: name, remove: leaving(app), deep: true };
  const uploads = { ...kept, group: 'www-data', mode: '2770' };
  const data = { ...kept, group: name, mode: '2750' };
  const hasStatic = Object.keys(app.static).length > 0;
  return [
    group(name),
    systemUser(name, { group: name }),
    directory(home(app)),
    directory(`${home(app)}/releases`, code),
    ...(hasStatic ? [directory(`${home(app)}/public`, { ...code, group: 'www-data' })] : []),
    ...[...new Set(Object.values(app.uploads))].map((d) => directory(`${home(app)}/${d}`, uploads)),
    ...app.data.map((d) => directory(`${home(app)}/${d}`, data)),
    directory(`/etc/keelson/${name}`, { group: name, mode: '0750' }),
  ];
}
