import type { Item } from '../item.ts';

/** A Monit check that is loaded and watches. */
export const monitorCheck = (name: string): Item => ({
  kind: 'monitor',
  name,
  state: { state: 'monitored' },
});
