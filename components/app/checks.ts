/** Monit's checks of an app: each instance is asked what a rollout asks it, and started again when it hangs. */
import { file, monitorCheck } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { checked, checks as folder } from '../server/monit.ts';
import { type AppContext, appComponent } from './component.ts';
import { hostHeader } from './health.ts';

type Watched = {
  name: string;
  domains: readonly string[];
  health: string;
  silence: number;
  rollout: { start: number; status: number; text?: string | undefined };
};

export const checks = appComponent({
  name: 'checks',
  fields: {},
  render: (app: Watched, context: Pick<AppContext, 'instances'>) => {
    const { name, rollout, silence } = app;
    const { start, status, text } = rollout;
    const instances = context.instances.map((port) => ({
      port,
      check: `${name}-${port}`,
      unit: `${name}@${port}.service`,
    }));
    const view = {
      ...{ name, instances, path: app.health, host: hostHeader(app.domains) },
      ...{ status, start, text: text ?? '', patience: Math.min(start, 5) },
      // Until who says nothing was asked, and started again.
      ...{ silence, patient: silence + 45 },
    };
    return {
      site: [
        file(`${folder}/${name}.conf`, template('monit/app', view), checked),
        file(`${folder}/${name}.health`, template('monit/health', view), { mode: '0600' }),
        ...instances.map(({ check }) => monitorCheck(check)),
      ],
    };
  },
});
