/**
 * Monit's checks of an app: each instance is asked what a rollout asks it, and started again when it hangs; and what it
 * uses is held against its limits.
 */
import { type Health, healthInstructions } from '../host/health.ts';
import type { Item } from '../host/item.ts';
import { file, monitorCheck } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import type { ServerConfig } from '../server/components.ts';
import { checked, checks as folder } from '../server/monit.ts';
import { type AppContext, appComponent } from './component.ts';
import { type Conversing, conversationOf } from './conversation.ts';
import { type Asked, webHealth } from './health.ts';
import { type Healthy, workerHealth } from './healthy.ts';
import { type Limits, limitLines } from './limits.ts';
import { unitName } from './members.ts';

type Watched = {
  name: string;
  /** Of a member of the app, its name. */
  member?: string;
  memory: string;
  limits: Limits;
  rollout: { start: number };
};
type Watching = { server: Pick<ServerConfig, 'monit'> };
type Context = Pick<AppContext, 'instances'> & Watching;

/**
 * How often an instance is asked, how long that may take, and for how long it may say nothing, where that is said: else in
 * each round, 5 s, and what `silence` is by default.
 */
type Pace = { every?: number; timeout?: number; silence?: number };

/** Checks of these instances of an app, or of one of its members, which Monit leaves alone while a rollout moves them. */
export function checksOf(
  app: Watched,
  asked: Health & Pace,
  keys: readonly number[],
  { server }: Watching,
): Item[] {
  const { every = 0, timeout = 5, silence = 15, ...health } = asked;
  const unit = unitName(app, app.member);
  const { start } = app.rollout;
  const cycles = Math.ceil(every / server.monit.interval);
  const instances = keys.map((key) => ({
    key: app.member === undefined ? key : `${app.member}@${key}`,
    check: `${unit}-${key}`,
    unit: `${unit}@${key}.service`,
  }));
  const settings = {
    ...healthInstructions(health),
    '@start': start,
    '@patience': timeout,
    '@silence': silence,
  };
  const view = {
    ...{ app: app.name, name: unit, instances, start, limits: limitLines(app) },
    settings: Object.entries(settings).map(([key, value]) => ({ key, value })),
    // Until who says nothing was asked, and started again.
    patient: silence + 45,
    // What is asked nothing cannot hang.
    asked: health.by !== 'stay',
    cycles: cycles > 1 ? { cycles } : false,
  };
  return [
    file(`${folder}/${unit}.conf`, template('monit/app', view), checked),
    file(`${folder}/${unit}.health`, template('monit/health', view), { mode: '0600' }),
    ...instances.map(({ check }) => monitorCheck(check)),
  ];
}

/** @param asks how an app of this type is asked for its health. */
const checking = <A extends Watched>(asks: (app: A) => Health & Pace) =>
  appComponent({
    name: 'checks',
    fields: {},
    render: (app: A, context: Context) => ({
      site: checksOf(app, asks(app), context.instances, context),
    }),
  });

/** The checks of an app whose instances answer requests. */
export const checks = checking((app: Watched & Asked & { silence: number }) => ({
  ...webHealth(app),
  silence: app.silence,
}));

/** Those of an app that takes TCP connections. */
export const tcpChecks = checking<Watched & Conversing>(conversationOf);

/** How a worker is asked, and how often; also one that is a member. */
export const askingWorker = ({ healthy }: { healthy: Healthy }): Health & Pace => ({
  ...workerHealth({ healthy }),
  ...('command' in healthy && { every: healthy.every, timeout: healthy.timeout }),
});

/** Those of a worker. */
export const workerChecks = checking<Watched & { healthy: Healthy }>(askingWorker);
