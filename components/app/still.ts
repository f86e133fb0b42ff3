/** Still: the rollout of an app without instances, which is one switch of what is current. */
import { z } from 'zod';
import { rollout } from '../host/kinds.ts';
import { type AppContext, appComponent } from './component.ts';
import { environmentHash } from './environment.ts';
import { hostHeader } from './health.ts';
import { jobHash } from './job.ts';
import { neededFiles } from './pages.ts';
import { hooks } from './rollout.ts';

const jobSchema = z
  .strictObject({
    before: hooks.before.describe(
      'Command that runs once for each release, in it, before a run may begin there, such as a migration; its failure stops the release',
    ),
    after: hooks.after.describe(
      'Command that runs in the release once runs begin there, also on the way back to an older one',
    ),
    hookTimeout: hooks.hookTimeout,
  })
  .describe('How a job moves to a release');

type Job = Parameters<typeof jobHash>[0] & {
  keep: number;
  env: Record<string, string>;
  rollout: z.output<typeof jobSchema>;
};

/** The next run of a job begins in the release; one that goes on ends in its own. */
export const jobRollout = appComponent({
  name: 'still',
  fields: { rollout: jobSchema.prefault({}) },
  render: (app: Job, context: AppContext) => ({
    rollout: [
      rollout({
        ...{ app: app.name, type: 'job', release: context.release.hash, keep: app.keep },
        ...app.rollout,
        unit: jobHash(app, context),
        environment: environmentHash(app, context),
      }),
    ],
  }),
});

type Site = Parameters<typeof neededFiles>[0] & {
  name: string;
  keep: number;
  domains: readonly string[];
};

/** nginx serves what is current; what it answered well before must go on. */
export const siteRollout = appComponent({
  name: 'still',
  fields: {},
  render: (app: Site, { release }: Pick<AppContext, 'release'>) => ({
    rollout: [
      rollout({
        ...{ app: app.name, type: 'static', release: release.hash, keep: app.keep, hookTimeout: 0 },
        site: { host: hostHeader(app.domains), path: '/', files: neededFiles(app) },
      }),
    ],
  }),
});
