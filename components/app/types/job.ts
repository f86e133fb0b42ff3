/** Apps that do their work and end: by the clock, or by command. */
import { type Merged, mergedFields, type Values } from '../../fields/shape.ts';
import { command } from '../command.ts';
import type { AppType } from '../component.ts';
import { directories } from '../directories.ts';
import { environment } from '../environment.ts';
import { heartbeat } from '../heartbeat.ts';
import { home } from '../home.ts';
import { noInstances } from '../instances.ts';
import { job as unit } from '../job.ts';
import { linked } from '../linked.ts';
import { logs } from '../logs.ts';
import { node } from '../node.ts';
import { places } from '../places.ts';
import { reach } from '../reach.ts';
import { release } from '../release.ts';
import { sandbox } from '../sandbox.ts';
import { schedule } from '../schedule.ts';
import { scratch } from '../scratch.ts';
import { jobRollout } from '../still.ts';
import { jobSudoers } from '../sudoers.ts';
import { units } from '../units.ts';
import { user } from '../user.ts';

const components = [
  release,
  command,
  schedule,
  unit,
  heartbeat,
  sandbox,
  reach,
  node,
  environment,
  units,
  user,
  directories,
  home,
  linked,
  scratch,
  places,
  logs,
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
