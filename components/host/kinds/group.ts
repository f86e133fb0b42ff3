import type { Item } from '../item.ts';

/** A system group with exactly these supplementary members. */
export const group = (name: string, members: readonly string[] = []): Item => ({
  kind: 'group',
  name,
  state: { members: [...members].sort().join(',') },
});
