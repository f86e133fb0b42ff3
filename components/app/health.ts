/** Health: what an instance that answers requests is asked, and how a good answer looks. */
import { requestPath } from '../fields/index.ts';
import type { Health } from '../host/health.ts';
import { appComponent } from './component.ts';

/** The name by which an instance is asked for its health: one that its site answers to, where that has any. */
export function hostHeader(domains: readonly string[]): string {
  const named = domains.filter((domain) => domain !== 'default');
  const [any] = named;
  const name = named.find((domain) => !domain.startsWith('*.')) ?? any?.replace('*', 'www');
  return name ?? 'localhost';
}

export const health = appComponent({
  name: 'health',
  fields: {
    health: requestPath
      .prefault('/')
      .describe('Path that tells whether an instance works: asked by rollouts and by Monit'),
  },
});

export type Asked = {
  health: string;
  domains: readonly string[];
  rollout: { status: number; text?: string | undefined; answers: number; timeout: number };
};

/** In the words of a rollout. */
export function webHealth({ health: path, domains, rollout }: Asked): Health {
  const { status, text, answers, timeout } = rollout;
  return { by: 'http', host: hostHeader(domains), path, status, text, answers, timeout };
}
