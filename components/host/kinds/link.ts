import type { Item } from '../item.ts';

export const link = (path: string, target: string): Item => ({
  kind: 'link',
  name: path,
  state: { target },
});
