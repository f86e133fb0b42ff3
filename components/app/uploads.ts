/** Uploads: directories that an app fills and nginx serves. */
import { z } from 'zod';
import { urlPath } from '../fields/index.ts';
import { appComponent, type Named } from './component.ts';
import { directoryName, kept, type OnRemove, variables } from './directories.ts';
import { placed } from './places.ts';

const fields = {
  uploads: z
    .record(
      urlPath.refine((path) => path !== '/', { error: 'is the whole site; give a path below it' }),
      directoryName,
    )
    .prefault({})
    .describe(
      'Upload directories below /srv/<app>, by the URL path under which nginx serves them; the app finds each as <NAME>_DIR',
    ),
};

type Uploads = Named<typeof fields> & {
  onRemove: OnRemove;
  places?: Readonly<Record<string, string>>;
};

/** Two URL paths may share a directory. */
const names = ({ uploads }: Uploads): string[] => [...new Set(Object.values(uploads))];

export const uploads = appComponent({
  name: 'uploads',
  fields,
  variables: (app: Uploads) => variables(app, names(app)),
  render: (app: Uploads) => ({
    app: names(app).flatMap((name) =>
      placed(app, name, { ...kept(app), group: 'www-data', mode: '2770' }),
    ),
  }),
});
