/** Apps that do their work and end: by the clock, or by command. */
import { type Merged, mergedFields, type Values } from '../../fields/shape.ts';
import { command } from '../command.ts';
import type { AppType } from '../component.ts';
import { heartbeat } from '../heartbeat.ts';
import { noInstances } from '../instances.ts';
import { job as unit } from '../job.ts';
import { release } from '../release.ts';
import { schedule } from '../schedule.ts';
import { jobRollout } from '../still.ts';
import { jobSudoers } from '../sudoers.ts';
import { running } from './running.ts';

const components = [
  release,
  command,
  schedule,
  unit,
  heartbeat,
  ...running,
  jobRollout,
  noInstances('worker'),
  jobSudoers,
] as const;

export type JobApp = Values<Merged<typeof components>> & {
  readonly type: 'job';
  readonly name: string;
};

export const job = {
  name: 'job',
  components,
  fields: mergedFields(components),
  rules: [],
  instances: () => [],
} as const satisfies AppType<JobApp>;
