/** Rollout: how the instances of an app move to a release; `docs/rollout.md` tells the steps. */
import { basename } from 'node:path';
import { z } from 'zod';
import { argument, duration, integer, percentage, plainText } from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { aptPackage } from '../host/kinds.ts';
import { type AppContext, appComponent } from './component.ts';
import { environmentHash } from './environment.ts';
import { hostHeader } from './health.ts';
import type { Healthy } from './healthy.ts';
import { publicDirectory } from './release.ts';
import { type Service, unitHash } from './service.ts';

const hook = z.array(argument).min(1, 'is empty; give a command, or leave it out').optional();

const common = {
  start: duration('1s', '30m')
    .prefault('60s')
    .describe('Time that an instance has to become healthy after it was started'),
  batch: z
    .union([integer(1, 256), percentage])
    .prefault('25%')
    .describe(
      'Instances that are moved at the same time, once the first is; one stays in service always',
    ),
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

const webSchema = z
  .strictObject({
    drain: duration('0s', '1h')
      .prefault('30s')
      .describe(
        'Time that open requests, downloads and WebSockets have to end before an instance stops',
      ),
    status: integer(100, 599)
      .prefault(200)
      .describe('Status with which a healthy instance answers the health path'),
    text: plainText.optional().describe('Text that the answer of a healthy instance contains'),
    answers: integer(1, 100)
      .prefault(3)
      .describe('Number of good answers in a row that make an instance healthy'),
    watch: duration('0s', '1h')
      .prefault('2s')
      .describe('Time that the first instance serves before the second is moved'),
    ...common,
  })
  .describe(
    'How the instances move to a release; Monit takes `start`, `status` and `text` from here too',
  );

const workerSchema = z
  .strictObject(common)
  .describe('How the instances of a worker move to a release');

/** What all types say of a rollout. */
type Moved = Service & {
  keep: number;
  env: Record<string, string>;
  static?: Record<string, string>;
  rollout: z.output<typeof workerSchema>;
};

type Context = Omit<AppContext, 'server'>;
type Web = Moved & {
  health: string;
  domains: readonly string[];
  listen: 'port' | 'socket';
  rollout: z.output<typeof webSchema>;
};

/** One instance alone serves: nobody answers while it moves. */
const isSingle = ({ listen }: { listen: string }, { instances }: Pick<Context, 'instances'>) =>
  listen === 'port' && instances.length === 1;

/** The rollout of an app whose instances answer requests. */
export const webRollout = appComponent({
  name: 'rollout',
  fields: { rollout: webSchema.prefault({}) },
  render: (app: Web, context: Context) => ({
    base: ['curl', 'iproute2', 'nftables'].map((name) => aptPackage(name)),
    rollout: [
      moving('web', app, context, {
        '@listen': app.listen,
        ...(isSingle(app, context) && { '@single': 'yes' }),
        '@drain': String(app.rollout.drain),
        '@health': 'http',
        '@host': hostHeader(app.domains),
        '@path': app.health,
        '@status': String(app.rollout.status),
        '@text': app.rollout.text ?? '',
        '@answers': String(app.rollout.answers),
        '@watch': String(app.rollout.watch),
      }),
    ],
  }),
  notes: (app: Web, context: Context) =>
    isSingle(app, context)
      ? [
          {
            part: 'rollout',
            item: `rollout ${app.name}`,
            keys: ['current', ...context.instances.map(String)],
            text: `${app.name} has one instance: nobody answers for the seconds in which it moves`,
          },
        ]
      : [],
});

/** The rollout of an app that nobody sends requests to. */
export const workerRollout = appComponent({
  name: 'rollout',
  fields: { rollout: workerSchema.prefault({}) },
  render: (app: Moved & { healthy: Healthy }, context: Context) => ({
    rollout: [moving('worker', app, context, proof(app.healthy))],
  }),
});

const proof = (healthy: Healthy): Record<string, string> =>
  'stay' in healthy
    ? { '@health': 'stay', '@stay': String(healthy.stay) }
    : { '@health': 'command', '@command': healthy.command.join(' ') };

/** What the instances of an app must run, and how they are moved there. */
function moving(
  type: string,
  app: Moved,
  context: Context,
  instructions: Record<string, string>,
): Item {
  const { rollout } = app;
  const files = publicDirectory(app, context.release);
  return {
    kind: 'rollout',
    name: app.name,
    state: {
      current: context.release.hash,
      ...(files !== undefined && { public: basename(files) }),
      target: 'active',
      ...Object.fromEntries(context.instances.map((key) => [key, 'current'])),
    },
    instructions: {
      '@unit': unitHash(app, context.facts),
      '@environment': environmentHash(app, context),
      '@type': type,
      '@stop': String(app.stopTimeout),
      ...instructions,
      '@start': String(rollout.start),
      '@batch': String(rollout.batch),
      '@before': (rollout.before ?? []).join(' '),
      '@after': (rollout.after ?? []).join(' '),
      '@hook': String(rollout.hookTimeout),
      '@kept': String(app.keep),
    },
  };
}
