import type { Item } from '../item.ts';

/** The only instances of an app that may run; what runs on another port is drained and stopped. */
export const instances = (app: string, ports: readonly number[], drainSeconds: number): Item => ({
  kind: 'instances',
  name: app,
  state: { ports: ports.join(',') },
  instructions: { '@drain': String(drainSeconds) },
});
