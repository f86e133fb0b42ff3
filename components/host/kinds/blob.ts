import type { Item } from '../item.ts';

/** Packed bytes that are kept on the host under their SHA-256; `run` is the one that sent them. */
export const blob = (hash: string, run: string): Item => ({
  kind: 'blob',
  name: hash,
  state: { state: 'present' },
  instructions: { '@run': run },
});
