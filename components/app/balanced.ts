/** Balanced: what load balancers in front of nginx ask of an app, and how they learn that its server leaves for a while. */
import { file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import type { ServerConfig } from '../server/components.ts';
import { noticedIn, sites } from '../server/nginx.ts';
import { appComponent } from './component.ts';
import { hostHeader } from './health.ts';

type Balanced = {
  name: string;
  health: string;
  domains: readonly string[];
  rollout: { status: number };
};

type Context = { server: Pick<ServerConfig, 'nginx'> };

/** Seconds until load balancers have noticed that the server leaves, and that it is back; none where they are not told. */
export const noticing = ({ server: { nginx } }: Context) =>
  nginx.balancerChecks && noticedIn(nginx.balancerChecks);

/** Path that load balancers ask for. */
export const balancerPath = (app: string): string => `/keelson-health/${app}`;

export const balanced = appComponent({
  name: 'balanced',
  fields: {},
  render: (app: Balanced, context: Context) =>
    noticing(context) === undefined
      ? {}
      : { site: [file(`${sites}/${app.name}.health`, location(app), { check: 'nginx' })] },
});

function location({ name, health, domains, rollout: { status } }: Balanced): string {
  // Whoever answers with a redirect is asked as over http, for it may be the one to https.
  const scheme = status >= 300 && status < 400 ? 'http' : 'https';
  return template('nginx/health.conf', { name, host: hostHeader(domains), scheme, path: health });
}
