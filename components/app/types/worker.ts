/** Apps that nobody sends requests to: queues, bots, schedulers. */
import { type Merged, mergedFields, type Values } from '../../fields/shape.ts';
import { also } from '../also.ts';
import { workerChecks } from '../checks.ts';
import { command } from '../command.ts';
import type { AppType } from '../component.ts';
import { count, numbersOf } from '../count.ts';
import { directories } from '../directories.ts';
import { environment } from '../environment.ts';
import { healthy } from '../healthy.ts';
import { home } from '../home.ts';
import { instances } from '../instances.ts';
import { workerLimits } from '../limits.ts';
import { linked } from '../linked.ts';
import { logs } from '../logs.ts';
import { needs } from '../needs.ts';
import { node } from '../node.ts';
import { places } from '../places.ts';
import { reach } from '../reach.ts';
import { release } from '../release.ts';
import { workerRollout } from '../rollout.ts';
import { sandbox } from '../sandbox.ts';
import { scratch } from '../scratch.ts';
import { service } from '../service.ts';
import { sudoers } from '../sudoers.ts';
import { units } from '../units.ts';
import { user } from '../user.ts';

const components = [
  release,
  command,
  healthy,
  count,
  service,
  workerLimits,
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
  workerRollout,
  workerChecks,
  needs,
  instances,
  also,
  sudoers,
] as const;

export type WorkerApp = Values<Merged<typeof components>> & {
  readonly type: 'worker';
  readonly name: string;
};

export const worker = {
  name: 'worker',
  components,
  fields: mergedFields(components),
  rules: [],
  instances: numbersOf,
} as const satisfies AppType<WorkerApp>;
