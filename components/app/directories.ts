/** Directories that an app may write, and what becomes of them when it goes. */
import { z } from 'zod';
import { relativePath } from '../fields/index.ts';
import { pairs } from '../lib/pairs.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { linkedName, ownDirectories, placed, placeOf, scratchName } from './places.ts';
import { home } from './user.ts';

const taken = new Set(['releases', 'current', 'previous', 'public']);

export const directoryName = relativePath
  .refine((name) => !name.includes('/') && !name.startsWith('.'), {
    error: 'is not a plain name; give one directory below /srv/<app>, such as uploads',
  })
  .refine((name) => !/^[0-9]/.test(name), {
    error: 'begins with a digit, which the variable that names it cannot; choose another name',
  })
  .refine((name) => !taken.has(name), { error: 'is used by the kit; choose another name' })
  .describe('Name of a directory below /srv/<app>, such as uploads');

const fields = {
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

export type OnRemove = z.output<typeof fields.onRemove>;

/** `uploads`: those that nginx serves, by URL path. */
type Directories = Named<typeof fields> & {
  uploads?: Readonly<Record<string, string>>;
  places?: Readonly<Record<string, string>>;
  linked: readonly string[];
};

/** What `onRemove` asks of a directory. */
export const removal = ({ onRemove }: { onRemove: OnRemove }): 'keep' | 'last' =>
  onRemove === 'keep' ? 'keep' : 'last';

/** The variable by which an app finds one of its directories: `DATA_DIR`. */
const variableOf = (name: string): string => `${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_DIR`;

/** The variables of some directories of an app. */
export const variables = (app: { name: string }, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [variableOf(name), `${home(app)}/${name}`]));

/** The directories that the app itself may write, where they really lie. */
export const writableDirectories = ({
  uploads = {},
  data,
  linked,
  scratch,
  ...app
}: Pick<Directories, 'name' | 'uploads' | 'places'> & {
  data: readonly string[];
  linked: readonly string[];
  scratch: readonly string[];
}) =>
  [
    ...new Set([
      ...[...Object.values(uploads), ...data, ...ownDirectories, ...linked.map(linkedName)],
      ...(scratch.length > 0 ? [scratchName] : []),
    ]),
  ].map((name) => placeOf(app, name));

/** What an app that went left behind is root's; all of it is the app's again when it comes back. */
export const kept = (app: { name: string; onRemove: OnRemove }) => ({
  owner: app.name,
  remove: removal(app),
  deep: true,
});

export const directories = appComponent({
  name: 'directories',
  fields,
  variables: (app: Directories) => variables(app, app.data),
  render: (app: Directories) => ({
    app: app.data.flatMap((name) =>
      placed(app, name, { ...kept(app), group: app.name, mode: '2750' }),
    ),
  }),
  conflicts: (apps: readonly Directories[]) => apps.flatMap(variableConflicts),
  // Asked once: when there is something to share for the first time, and when there are others to share it with.
  notes: (app: Directories, { instances }: Pick<AppContext, 'instances'>) => {
    const names = [...app.data, ...app.linked.map(linkedName)];
    const [, second] = instances;
    if (second === undefined || names.length === 0) return [];
    const paths = names.map((name) => placeOf(app, name));
    const text = `${app.name} keeps files in ${paths.join(', ')}, where ${instances.length} instances write at once: can they share them? One SQLite file, and flows such as Node-RED's, they cannot: instances: 1`;
    const origins = ['new', 'found', 'change'] as const;
    return [
      ...paths.map((path) => ({
        ...({ part: 'app', item: `directory ${path}`, keys: ['state'], origins, text } as const),
      })),
      {
        ...{ part: 'rollout', item: `rollout ${app.name}`, keys: [String(second)] },
        ...{ from: 'stopped', origins: ['change'], text },
      } as const,
    ];
  },
});

type Place = { at: string; name: string };

/** An app finds each of its directories by one variable, and private ones are not served. */
function variableConflicts({ name: app, uploads = {}, data }: Directories): string[] {
  const served = Object.entries(uploads).map(([url, name]) => ({ at: `uploads.${url}`, name }));
  const all: Place[] = [...served, ...data.map((name, index) => ({ at: `data.${index}`, name }))];
  const twoPaths = (a: Place, b: Place) => a.name === b.name && b.at.startsWith('uploads.');
  return pairs(all, (a, b) => variableOf(a.name) === variableOf(b.name) && !twoPaths(a, b)).map(
    ({ first, second }) =>
      `apps.${app}.${second.at}: "${second.name}" is ${variableOf(second.name)} in the environment, as "${first.name}" of ${first.at} is; choose another name`,
  );
}
