/** Job: the unit of one run, in the sandbox of an instance. No second run begins while one goes on. */
import { duration } from '../fields/index.ts';
import { sha256 } from '../host/item.ts';
import { file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { type AppContext, appComponent } from './component.ts';
import { hookPath, limits, type Sandboxed, type UnitContext, view } from './service.ts';

const fields = {
  ...limits,
  memory: limits.memory.describe('Memory that one run may use before it is killed'),
  stopTimeout: limits.stopTimeout.describe(
    'Time that a run has to end after SIGTERM, when it is stopped or out of time, before it is killed',
  ),
  timeout: duration('1s', '7d')
    .prefault('1h')
    .describe('Time that one run may take; after that it is ended, and has failed'),
};

export type Job = Sandboxed & { timeout: number; heartbeat?: string | undefined };

/** The text of the unit of one run: of an app, or of one of its members. */
export const jobText = (app: Job, context: UnitContext): string =>
  template('app/job', {
    ...view(app, context),
    app: app.name,
    logFile: app.member ?? 'job',
    beats: app.heartbeat !== undefined,
    explained: false,
  });

/** What tells one generation of a job's unit from another. */
export const jobHash = (app: Job, context: UnitContext): string => sha256(jobText(app, context));

export const job = appComponent({
  name: 'job',
  fields,
  render: (app: Job, context: AppContext) => {
    const fragment = `/etc/systemd/system/${app.name}.service`;
    const hook = template('app/hook', { ...view(app, context), explained: false });
    return {
      app: [file(fragment, jobText(app, context), { check: 'systemd' }), file(hookPath(app), hook)],
      // What overrides it is drift.
      site: [unit(`${app.name}.service`, { fragment })],
    };
  },
});
