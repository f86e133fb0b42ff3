/** Manifests of apps whose instances move. */
import { file, instances, rollout } from '../../components/host/kinds.ts';
import type { Manifest } from '../../components/host/manifest.ts';

/** The item of a rollout to these ports. */
export const rolled = (app: string, ports: readonly number[]) =>
  rollout({
    ...{ app, release: 'r', type: 'web', instances: ports, unit: 'u', environment: 'e' },
    health: { by: 'http', host: 'h', path: '/', status: 200, answers: 1 },
    ...{ stop: 1, start: 1, watch: 0, batch: 1, hookTimeout: 1, keep: 1 },
  });

/** The three manifests of an app. */
export const moving = (
  app: string,
  ports: readonly number[],
  domains: readonly string[] = [`${app}.example.com`],
): Manifest[] => [
  { name: `app-${app}`, app, after: ['base'], items: [] },
  { name: `rollout-${app}`, app, after: [`app-${app}`], items: [rolled(app, ports)] },
  {
    ...{ name: `site-${app}`, app, after: [`rollout-${app}`] },
    items: [
      file(`/etc/nginx/keelson.d/${app}.conf`, '', { serves: domains }),
      instances(app, ports, { type: 'web', stop: 1 }),
    ],
  },
];
