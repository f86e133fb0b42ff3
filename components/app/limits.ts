/** Limits of an instance beside those that the kernel keeps, and what becomes of one that is beyond them for long. */
import { z } from 'zod';
import { cores, duration, integer, mebibytes, milliseconds, size } from '../fields/index.ts';
import type { Rule } from '../fields/shape.ts';
import { appComponent } from './component.ts';

const limit = <A extends z.ZodType>(above: A) =>
  z.strictObject({
    above,
    for: duration('0s', '1d')
      .prefault('5m')
      .describe('Time for which it must be above it, in each look that Monit takes'),
    do: z
      .enum(['alert', 'reload', 'restart'])
      .prefault('alert')
      .describe(
        'What follows, beside the alert: nothing, `systemctl reload` of the instance, or its restart',
      ),
  });

const own = {
  memory: limit(size.describe('Resident memory of all processes of one instance'))
    .optional()
    .describe('Memory, before `memory` is reached, at which an instance is killed'),
  cpu: limit(cores.describe('Share of one core that one instance uses, between two looks'))
    .optional()
    .describe('CPU time'),
  openFiles: limit(integer(1, 1048576).describe('Files and connections that it holds open'))
    .optional()
    .describe('Open files and connections, before `openFiles` is reached'),
};

const answering = {
  responseTime: limit(
    milliseconds.describe('Time that a good answer to the health path took, such as 500ms or 2s'),
  )
    .optional()
    .describe('Response time of the health path'),
  eventLoop: limit(
    milliseconds.describe('Delay that the app tells as Server-Timing: eventloop;dur=MILLISECONDS'),
  )
    .optional()
    .describe('Event-loop delay, where the answer to the health path has it in a header'),
};

const webSchema = z
  .strictObject({ ...own, ...answering })
  .describe('Limits of an instance, and what follows when it is beyond one for long');
const workerSchema = z
  .strictObject(own)
  .describe('Limits of an instance, and what follows when it is beyond one for long');

/** What a stack file says of any of them. */
export type Limits = z.output<typeof webSchema>;

type Limited = { limits: Limits; memory: string; openFiles: number };

const rules: readonly Rule<Limited>[] = [
  {
    path: 'limits.memory.above',
    error: 'is not below `memory`, at which the instance is killed; choose less',
    holds: ({ limits, memory }) =>
      !limits?.memory?.above || !memory || mebibytes(limits.memory.above) < mebibytes(memory),
  },
  {
    path: 'limits.openFiles.above',
    error: 'is not below `openFiles`, which the kernel holds it to; choose less',
    holds: ({ limits, openFiles }) =>
      !limits?.openFiles?.above || !openFiles || limits.openFiles.above < openFiles,
  },
];

const answeredRules: readonly Rule<Limited & { rollout: { timeout: number } }>[] = [
  ...rules,
  {
    path: 'limits.responseTime.above',
    error: 'is not below `rollout.timeout`, for which an answer is waited; choose less',
    holds: ({ limits, rollout }) =>
      !limits?.responseTime?.above ||
      !rollout?.timeout ||
      limits.responseTime.above < rollout.timeout * 1000,
  },
];

export const limits = appComponent({
  name: 'limits',
  fields: { limits: webSchema.prefault({}) },
  rules: answeredRules,
});

export const workerLimits = appComponent({
  name: 'limits',
  fields: { limits: workerSchema.prefault({}) },
  rules,
});

/** The amounts that `measure_…` in files/host/limits.sh counts: MiB, per cent, files, milliseconds. */
const amount = (above: string | number): number =>
  typeof above === 'number'
    ? above
    : above.endsWith('%')
      ? Number.parseInt(above, 10)
      : mebibytes(above);

/** As the host reads them; the first is the one that it keeps itself where the kernel cannot. */
export const limitLines = ({ limits, memory }: Omit<Limited, 'openFiles'>) => [
  { name: 'allowed', above: mebibytes(memory), seconds: 0, answer: 'restart' },
  ...Object.entries(limits).flatMap(([name, limit]) =>
    limit ? [{ name, above: amount(limit.above), seconds: limit.for, answer: limit.do }] : [],
  ),
];
