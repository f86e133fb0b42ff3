import type { Item } from '../item.ts';

/** The live rules of the packet filter, as its files say them: see `files/host/filter.sh`. */
export const ruleset = (name: string): Item => ({
  kind: 'ruleset',
  name,
  state: { rules: 'loaded' },
});
