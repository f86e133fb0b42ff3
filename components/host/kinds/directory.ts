import { type Item, type Ownership, rootOwned } from '../item.ts';

/**
 * A directory. `whole`: a file in it that no item names is drift, and is removed.
 * On removal it goes when empty, with all it holds (`all`), with all it holds but only together with
 * its whole manifest (`last`), or stays (`keep`).
 */
export const directory = (
  path: string,
  options: Partial<Ownership> & {
    whole?: boolean;
    remove?: 'keep' | 'last' | 'all';
    deep?: boolean;
  } = {},
): Item => {
  const { whole, remove, deep, ...ownership } = options;
  return {
    kind: 'directory',
    name: path,
    state: { ...rootOwned, mode: '0755', ...ownership },
    instructions: {
      ...(whole && { '@whole': 'yes' }),
      ...(remove && { '@remove': remove }),
      ...(deep && { '@deep': 'yes' }),
    },
  };
};
