import type { Item } from '../item.ts';

/** `place`: what it leads to has something to keep, which a link to something else would hide. */
export const link = (path: string, target: string, { place = false } = {}): Item => ({
  kind: 'link',
  name: path,
  state: { target },
  ...(place && { instructions: { '@place': 'yes' } }),
});
