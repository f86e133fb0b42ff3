/**
 * Monit's checks of an app: each instance is asked what a rollout asks it, and started again when it hangs; and what it
 * uses is held against its limits.
 */
import { type Health, healthInstructions } from '../host/health.ts';
import { file, monitorCheck } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import type { ServerConfig } from '../server/components.ts';
import { checked, checks as folder } from '../server/monit.ts';
import { type AppContext, appComponent } from './component.ts';
import { type Conversing, conversationOf } from './conversation.ts';
import { type Asked, webHealth } from './health.ts';
import { type Healthy, workerHealth } from './healthy.ts';
import { type Limits, limitLines } from './limits.ts';

type Watched = { name: string; memory: string; limits: Limits; rollout: { start: number } };
type Context = Pick<AppContext, 'instances'> & { server: Pick<ServerConfig, 'monit'> };

/**
 * How often an instance is asked, how long that may take, and for how long it may say nothing, where that is said: else in
 * each round, 5 s, and what `silence` is by default.
 */
type Pace = { every?: number; timeout?: number; silence?: number };

/** @param asks how an app of this type is asked for its health. */
const checking = <A extends Watched>(asks: (app: A) => Health & Pace) =>
  appComponent({
    name: 'checks',
    fields: {},
    render: (app: A, { instances, server }: Context) => {
      const { name, rollout } = app;
      const { every = 0, timeout = 5, silence = 15, ...health } = asks(app);
      const cycles = Math.ceil(every / server.monit.interval);
      const checks = instances.map((key) => ({
        key,
        check: `${name}-${key}`,
        unit: `${name}@${key}.service`,
      }));
      const settings = {
        ...healthInstructions(health),
        '@start': rollout.start,
        '@patience': timeout,
        '@silence': silence,
      };
      const view = {
        ...{ name, instances: checks, start: rollout.start, limits: limitLines(app) },
        settings: Object.entries(settings).map(([key, value]) => ({ key, value })),
        // Until who says nothing was asked, and started again.
        patient: silence + 45,
        // What is asked nothing cannot hang.
        asked: health.by !== 'stay',
        cycles: cycles > 1 ? { cycles } : false,
      };
      return {
        site: [
          file(`${folder}/${name}.conf`, template('monit/app', view), checked),
          file(`${folder}/${name}.health`, template('monit/health', view), { mode: '0600' }),
          ...checks.map(({ check }) => monitorCheck(check)),
        ],
      };
    },
  });

/** The checks of an app whose instances answer requests. */
export const checks = checking((app: Watched & Asked & { silence: number }) => ({
  ...webHealth(app),
  silence: app.silence,
}));

/** Those of an app that takes TCP connections. */
export const tcpChecks = checking<Watched & Conversing>(conversationOf);

/** Those of a worker. */
export const workerChecks = checking((app: Watched & { healthy: Healthy }) => ({
  ...workerHealth(app),
  ...('command' in app.healthy && { every: app.healthy.every, timeout: app.healthy.timeout }),
}));
