/** Sites of files: a release that nginx serves, and nothing that runs. */
import { type Merged, mergedFields, type Values } from '../../fields/shape.ts';
import { certificate } from '../certificate.ts';
import type { AppType } from '../component.ts';
import { domains } from '../domains.ts';
import { headers } from '../headers.ts';
import { noInstances } from '../instances.ts';
import { pages } from '../pages.ts';
import { redirects } from '../redirects.ts';
import { siteRelease } from '../release.ts';
import { siteRollout } from '../still.ts';
import { tls } from '../tls.ts';
import { units } from '../units.ts';
import { user } from '../user.ts';

const components = [
  siteRelease,
  domains,
  pages,
  headers,
  redirects,
  certificate,
  tls,
  units,
  user,
  siteRollout,
  noInstances('web'),
] as const;

export type StaticApp = Values<Merged<typeof components>> & {
  readonly type: 'static';
  readonly name: string;
};

export const staticSite = {
  name: 'static',
  components,
  fields: mergedFields(components),
  rules: [],
  instances: () => [],
} as const satisfies AppType<StaticApp>;
