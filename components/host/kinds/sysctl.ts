import type { Item } from '../item.ts';

/** A live kernel setting; the file that keeps it over a reboot is an item of its own. */
export const sysctl = (key: string, value: string): Item => ({
  kind: 'sysctl',
  name: key,
  state: { value },
});
