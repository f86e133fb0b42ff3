/** Apps that answer HTTP requests, behind nginx. */
import { type Merged, mergedFields, type Values } from '../../fields/shape.ts';
import { also } from '../also.ts';
import { balanced } from '../balanced.ts';
import { certificate } from '../certificate.ts';
import { checks } from '../checks.ts';
import { command } from '../command.ts';
import type { AppType } from '../component.ts';
import { domains } from '../domains.ts';
import { forwards } from '../forwards.ts';
import { headers } from '../headers.ts';
import { health } from '../health.ts';
import { instances } from '../instances.ts';
import { limits } from '../limits.ts';
import { needs } from '../needs.ts';
import { ports, portsOf } from '../ports.ts';
import { redirects } from '../redirects.ts';
import { release } from '../release.ts';
import { webRollout } from '../rollout.ts';
import { service } from '../service.ts';
import { silence } from '../silence.ts';
import { site } from '../site.ts';
import { staticFiles } from '../static.ts';
import { sticky } from '../sticky.ts';
import { sudoers } from '../sudoers.ts';
import { tls } from '../tls.ts';
import { uploads } from '../uploads.ts';
import { canListen, keepsIn, runsAs } from './running.ts';

const components = [
  release,
  command,
  domains,
  site,
  balanced,
  staticFiles,
  sticky,
  headers,
  forwards,
  redirects,
  certificate,
  tls,
  health,
  ports,
  service,
  limits,
  ...runsAs,
  uploads,
  ...keepsIn,
  webRollout,
  silence,
  checks,
  needs,
  instances,
  also,
  sudoers,
] as const;

export type WebApp = Values<Merged<typeof components>> & {
  readonly type: 'web';
  readonly name: string;
};

export const web = {
  name: 'web',
  components,
  fields: mergedFields(components),
  rules: [canListen],
  instances: portsOf,
} as const satisfies AppType<WebApp>;
