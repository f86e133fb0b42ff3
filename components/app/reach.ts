/** Reach: who may ask an app past nginx, and whom it may ask on its host and about its host. */
import { z } from 'zod';
import { appName } from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { filterFolder } from '../server/filter.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { isOpen } from './public.ts';
import { destinationsOf, type Sandbox } from './sandbox.ts';

const fields = {
  reaches: z
    .array(appName)
    .prefault([])
    .describe(
      'Other apps of the same server whose instances it may ask at their ports, past nginx; without it none',
    ),
  metadata: z
    .boolean()
    .prefault(false)
    .describe(
      'Lets it ask the cloud about the machine (169.254.169.254 and its like), which hands out credentials there',
    ),
};

type Reach = Named<typeof fields> & {
  type: string;
  public?: number | 'each';
  sandbox: Pick<Sandbox, 'network'>;
};

export const reach = appComponent({
  name: 'reach',
  fields,
  render: (app: Reach, { instances, others }: Pick<AppContext, 'instances' | 'others'>) => ({
    // A port may be another app's until that one has moved away, and this one's turn has come.
    rollout: [
      ...(destinationsOf(app.sandbox) ? watchedResolvers() : []),
      file(
        `${filterFolder}/app-${app.name}.nft`,
        template('app/filter.nft', {
          name: app.name,
          ports: 'port' in app ? instances : [],
          open: isOpen(app) ? instances : [],
          reached: app.reaches.flatMap((name) => others[name] ?? []),
          confined: !app.metadata,
          limited: destinationsOf(app.sandbox) !== undefined,
          destinations: destinationsOf(app.sandbox) ?? [],
        }),
        { check: 'filter' },
      ),
    ],
  }),
  conflicts: (apps) =>
    apps.flatMap(({ name, reaches }) =>
      reaches.flatMap((other, index) => {
        const at = `apps.${name}.reaches.${index}: "${other}"`;
        const found = apps.find((app) => app.name === other);
        if (other === name) return `${at} is the app itself, which it reaches anyway; leave it out`;
        if (!found) return `${at} is no app of this server; write the name of one, or leave it out`;
        return 'port' in found
          ? []
          : `${at} is a ${found.type}, which answers nobody; leave it out`;
      }),
    ),
});

/** The rules name the name servers of the host, and are loaded anew when it has others. */
function watchedResolvers(): Item[] {
  const name = 'keelson-resolvers';
  const units = '/etc/systemd/system';
  return [
    ...['path', 'service'].map((type) =>
      file(`${units}/${name}.${type}`, template(`app/resolvers.${type}`, {}), { check: 'systemd' }),
    ),
    unit(`${name}.path`, { enabled: 'enabled', active: 'active', change: 'restart' }),
  ];
}
