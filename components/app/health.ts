/** Health: what an instance that answers requests is asked, and how a good answer looks. */
import { requestPath } from '../fields/index.ts';
import { appComponent } from './component.ts';

/** The name by which an instance is asked for its health. */
export const hostHeader = (domains: readonly string[]): string =>
  domains.find((domain) => domain !== 'default' && !domain.startsWith('*.')) ?? 'localhost';

export const health = appComponent({
  name: 'health',
  fields: {
    health: requestPath
      .prefault('/')
      .describe('Path that tells whether an instance works: asked by rollouts and by Monit'),
  },
});
