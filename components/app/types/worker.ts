/** Apps that nobody sends requests to: queues, bots, schedulers. */
import { type Merged, mergedFields, type Values } from '../../fields/shape.ts';
import { also } from '../also.ts';
import { workerChecks } from '../checks.ts';
import { command } from '../command.ts';
import type { AppType } from '../component.ts';
import { count, numbersOf } from '../count.ts';
import { healthy } from '../healthy.ts';
import { instances } from '../instances.ts';
import { workerLimits } from '../limits.ts';
import { needs } from '../needs.ts';
import { release } from '../release.ts';
import { workerRollout } from '../rollout.ts';
import { service } from '../service.ts';
import { sudoers } from '../sudoers.ts';
import { running } from './running.ts';

const components = [
  release,
  command,
  healthy,
  count,
  service,
  workerLimits,
  ...running,
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
