import { type Item, type Ownership, rootOwned } from '../item.ts';

/**
 * A directory. `whole`: a file in it that no item names is drift, and is removed.
 * On removal it goes when empty, with all it holds (`all`), with all it holds but only together with
 * its whole manifest (`last`), or stays (`keep`).
 * `place`: it lies elsewhere, such as on another disk; what is there already must be the app's, and it is not made
 * anew when it is gone. `theirs`: people keep files in it, as in one that stays; no link takes its place.
 */
export const directory = (
  path: string,
  options: Partial<Ownership> & {
    whole?: boolean;
    remove?: 'keep' | 'last' | 'all';
    deep?: boolean;
    place?: boolean;
    theirs?: boolean;
  } = {},
): Item => {
  const { whole, remove, deep, place, theirs, ...ownership } = options;
  return {
    kind: 'directory',
    name: path,
    state: { ...rootOwned, mode: '0755', ...ownership },
    instructions: {
      ...(whole && { '@whole': 'yes' }),
      ...(remove && { '@remove': remove }),
      ...(deep && { '@deep': 'yes' }),
      ...(place && { '@place': 'yes' }),
      ...(theirs && { '@theirs': 'yes' }),
    },
  };
};
