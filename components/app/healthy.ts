/** Health of an instance that answers no requests: that it stays up, a command, a conversation, or a heartbeat file. */
import { z } from 'zod';
import { conversation, isAnswered, unanswered } from '../fields/conversation.ts';
import { command, duration, hostPath, port } from '../fields/index.ts';
import type { Health } from '../host/health.ts';
import { appComponent } from './component.ts';

const timeout = (limit: string) =>
  duration('1s', '20s').prefault(limit).describe('Time that one of these checks may take');

const tcp = z
  .strictObject({
    port: port.describe('Port of the first instance on 127.0.0.1; the others follow'),
    ...conversation,
    timeout: timeout('5s'),
  })
  .refine(isAnswered, { path: ['send'], error: unanswered })
  .describe('Conversation over TCP; without `expect` it is enough that the instance listens');

const file = z
  .strictObject({
    path: hostPath.describe(
      'File that the instance touches, as the instance sees it: its /tmp is its own',
    ),
    age: duration('5s', '1d').prefault('1m').describe('Age from which on an instance hangs'),
  })
  .describe('Heartbeat: a file that the instance touches again and again');

const healthySchema = z
  .union([
    z.strictObject({
      stay: duration('1s', '1h')
        .prefault('10s')
        .describe('Time for which an instance that was started must stay up'),
    }),
    z.strictObject({
      command: command.describe(
        'Command that runs in the release as an instance would, and ends with 0',
      ),
      every: duration('5s', '1d')
        .prefault('1m')
        .describe('Time between two of them while nothing is rolled out'),
      timeout: timeout('10s'),
    }),
    z.strictObject({ tcp }),
    z.strictObject({ file }),
  ])
  .describe(
    'What tells a rollout, and Monit later on, that an instance works: that it stays up, a command, a conversation over TCP, or a file that it touches; default: stay: 10s',
  );

export type Healthy = z.output<typeof healthySchema>;

export const healthy = appComponent({
  name: 'healthy',
  fields: { healthy: healthySchema.prefault({}) },
});

/** In the words of a rollout. */
export function workerHealth({ healthy }: { healthy: Healthy }): Health {
  if ('stay' in healthy) return { by: 'stay', seconds: healthy.stay };
  if ('command' in healthy) return { by: 'command', command: healthy.command };
  if ('file' in healthy) return { by: 'file', ...healthy.file };
  return { by: 'tcp', ...healthy.tcp, answers: 1 };
}
