/** Rollout: how the instances of an app move to a release; `docs/rollout.md` tells the steps. */
import { basename } from 'node:path';
import { z } from 'zod';
import { command, duration, integer, percentage, plainText } from '../fields/index.ts';
import { aptPackage, rollout } from '../host/kinds.ts';
import { type Also, jobsOf, workersOf } from './also.ts';
import { noticing } from './balanced.ts';
import { hostProgram } from './command.ts';
import { type AppContext, appComponent } from './component.ts';
import { numbersOf } from './count.ts';
import { environmentHash } from './environment.ts';
import { webHealth } from './health.ts';
import { type Healthy, workerHealth } from './healthy.ts';
import { jobHash } from './job.ts';
import { publicDirectory } from './release.ts';
import { type Service, unitHash } from './service.ts';

const hook = command.optional();

/** What runs once for a release. */
export const hooks = {
  before: hook.describe(
    'Command that runs once for each release, in it, before the first instance moves, such as a migration; its failure stops the release',
  ),
  after: hook.describe(
    'Command that runs in the release after the last instance moved to it, also on the way back to an older one',
  ),
  hookTimeout: duration('1s', '1d')
    .prefault('10m')
    .describe('Time that each of these commands may take'),
};

/** What all types have a say in. */
export const moving = {
  start: duration('1s', '30m')
    .prefault('60s')
    .describe('Time that an instance has to become healthy after it was started'),
  batch: z
    .union([integer(1, 256), percentage])
    .prefault('25%')
    .describe(
      'Instances that are moved at the same time, once the first is; one stays in service always',
    ),
  ...hooks,
};

/** What types have a say in whose instances are asked. */
export const serving = {
  drain: duration('0s', '1h')
    .prefault('30s')
    .describe(
      'Time that open requests, downloads, WebSockets and other connections have to end before an instance stops',
    ),
  answers: integer(1, 100)
    .prefault(3)
    .describe('Number of good answers in a row that make an instance healthy'),
  watch: duration('0s', '1h')
    .prefault('2s')
    .describe('Time that the first instance serves before the second is moved'),
};

const webSchema = z
  .strictObject({
    drain: serving.drain,
    status: integer(100, 599)
      .prefault(200)
      .describe(
        'Status with which a healthy instance answers the health path, asked as over https, for a 3xx as over http',
      ),
    text: plainText.optional().describe('Text that the answer of a healthy instance contains'),
    timeout: duration('1s', '20s')
      .prefault('5s')
      .describe('Time that an instance has for each answer to the health path'),
    answers: serving.answers,
    watch: serving.watch,
    ...moving,
  })
  .describe(
    'How the instances move to a release; Monit takes `start`, `status`, `text` and `timeout` from here too',
  );

const workerSchema = z
  .strictObject(moving)
  .describe('How the instances of a worker move to a release');

/** What all types say of a rollout. */
export type Moved = Service & {
  keep: number;
  env: Record<string, string>;
  static?: Record<string, string>;
  also?: Also;
};

type Context = AppContext;
type Web = Moved & {
  health: string;
  domains: readonly string[];
  listen: 'port' | 'socket';
  rollout: z.output<typeof webSchema>;
};
type Worker = Moved & { healthy: Healthy; rollout: z.output<typeof workerSchema> };

/** One instance alone serves: nobody answers while it moves. */
export const isSingle = (
  { listen }: Pick<Web, 'listen'>,
  { instances }: Pick<Context, 'instances'>,
): boolean => listen === 'port' && instances.length === 1;

/** What a rollout needs on the host that asks instances and drains them. */
export const requisites = ['curl', 'iproute2', 'nftables'].map((name) => aptPackage(name));

/** The rollout of an app whose instances answer requests. */
export const webRollout = appComponent({
  name: 'rollout',
  fields: { rollout: webSchema.prefault({}) },
  render: (app: Web, context: Context) => {
    const {
      status: _status,
      text: _text,
      answers: _answers,
      timeout: _timeout,
      ...times
    } = app.rollout;
    const wanted = rollout({
      ...common(app, context),
      ...times,
      type: 'web',
      listen: app.listen,
      single: isSingle(app, context),
      ...noticing(context),
      health: webHealth(app),
    });
    return {
      base: requisites,
      rollout: [wanted],
    };
  },
  notes: (app: Web, context: Context) => {
    const keys = ['current', ...context.instances.map(String)];
    const note = { part: 'rollout', item: `rollout ${app.name}`, keys } as const;
    const noticed = noticing(context);
    // A first release has no site yet that load balancers could ask.
    if (noticed) return [{ ...note, origins: ['drift', 'change'], text: leaving(app, noticed) }];
    const text = `${app.name} has one instance: nobody answers for the seconds in which it moves`;
    return isSingle(app, context) ? [{ ...note, text }] : [];
  },
});

const leaving = ({ name }: Web, { leave, rejoin }: { leave: number; rejoin: number }): string =>
  `${name} leaves its load balancers while it moves: ${leave} s more before the first instance, ${rejoin} s after the last`;

/** The rollout of an app that nobody sends requests to. */
export const workerRollout = appComponent({
  name: 'rollout',
  fields: { rollout: workerSchema.prefault({}) },
  render: (app: Worker, context: Context) => ({
    rollout: [
      rollout({
        ...common(app, context),
        ...app.rollout,
        type: 'worker',
        health: workerHealth(app),
        watch: 0,
      }),
    ],
  }),
});

/** What the instances of an app must run, whatever its type is. */
export function common(app: Moved, context: Context) {
  const files = publicDirectory(app, context.release);
  return {
    app: app.name,
    release: context.release.hash,
    publicCopy: files && basename(files),
    instances: context.instances,
    unit: unitHash(app, context),
    environment: environmentHash(app, context),
    program: hostProgram(app),
    stop: app.stopTimeout,
    keep: app.keep,
    members: workersOf(app).map((it) => ({
      name: it.member,
      instances: numbersOf(it),
      unit: unitHash(it, context),
      health: workerHealth(it),
      stop: it.stopTimeout,
    })),
    jobs: Object.fromEntries(jobsOf(app).map((it) => [it.member, jobHash(it, context)])),
  };
}
