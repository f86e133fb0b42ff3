/**
 * Scratch paths: directories of the release that the app fills while it runs and that are this release's own, such as
 * pages that it renews. In each release a link leads to /srv/<app>/.scratch/<key>/<path>: empty at first, shared by the
 * instances of the release, and gone with it. Each start makes what is not there; see files/host/scratch.sh.
 */
import { z } from 'zod';
import { relativePath } from '../fields/index.ts';
import { directory } from '../host/kinds.ts';
import { pairs } from '../lib/pairs.ts';
import { appComponent, type Named } from './component.ts';
import { scratchName } from './places.ts';
import { home } from './user.ts';

const fields = {
  scratch: z
    .array(relativePath)
    .prefault([])
    .describe(
      'Directories of the release that the app fills while it runs, such as .next/server/route-cache: each release begins with empty ones, which its instances share and which go with it',
    ),
};

type Scratch = Named<typeof fields> & { linked: readonly string[] };

/** Where the link of a path leads in the release with this key. */
export const scratchTarget = (app: { name: string }, key: string, path: string): string =>
  `${home(app)}/${scratchName}/${key}/${path}`;

export const scratch = appComponent({
  name: 'scratch',
  fields,
  render: (app: Scratch) => ({
    app:
      app.scratch.length === 0
        ? []
        : // Instances of a release that has it may run on when the setting goes.
          [
            directory(`${home(app)}/${scratchName}`, {
              ...{ group: app.name, mode: '2750', remove: 'last' },
            }),
          ],
  }),
  conflicts: (apps: readonly Scratch[]) => apps.flatMap(conflictsOf),
});

/** What is in another one, or in what outlives the release, would be two things at once. */
function conflictsOf({ name, scratch, linked }: Scratch): string[] {
  const at = (setting: string) => (path: string, index: number) => ({
    path,
    ...{ setting, at: `apps.${name}.${setting}.${index}` },
  });
  const all = [...linked.map(at('linked')), ...scratch.map(at('scratch'))];
  const meet = (a: { path: string }, b: { path: string; setting: string }) =>
    b.setting === 'scratch' &&
    (`${a.path}/`.startsWith(`${b.path}/`) || `${b.path}/`.startsWith(`${a.path}/`));
  return pairs(all, meet).map(
    ({ first, second }) =>
      `${second.at}: "${second.path}" overlaps with "${first.path}" of ${first.at}; keep one of them`,
  );
}
