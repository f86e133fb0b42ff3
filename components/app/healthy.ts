/** Health of an instance that nobody can ask: that it stays up, or that a command finds it well. */
import { z } from 'zod';
import { argument, duration } from '../fields/index.ts';
import { appComponent } from './component.ts';

const healthySchema = z
  .union([
    z.strictObject({
      stay: duration('1s', '1h')
        .prefault('10s')
        .describe('Time for which an instance that was started must stay up'),
    }),
    z.strictObject({
      command: z
        .array(argument)
        .min(1, 'is empty; give a command')
        .describe('Command that runs in the release as an instance would, and ends with 0'),
    }),
  ])
  .describe(
    'What tells a rollout that an instance works: that it stays up, or a command; default: stay: 10s',
  );

export type Healthy = z.output<typeof healthySchema>;

export const healthy = appComponent({
  name: 'healthy',
  fields: { healthy: healthySchema.prefault({}) },
});
