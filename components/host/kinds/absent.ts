import type { Item } from '../item.ts';

/** Nothing may be at this path; what was there is put back on removal. */
export const absent = (path: string): Item => ({ kind: 'absent', name: path, state: {} });
