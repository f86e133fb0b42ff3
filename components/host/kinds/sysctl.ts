import type { Item } from '../item.ts';

/**
 * A live kernel setting; the file that keeps it over a reboot is an item of its own.
 * `optional`: a kernel that does not have it is passed over.
 */
export const sysctl = (key: string, value: string, { optional = false } = {}): Item => ({
  kind: 'sysctl',
  name: key,
  state: { value },
  ...(optional && { instructions: { '@optional': 'yes' } }),
});
