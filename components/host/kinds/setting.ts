import type { Item } from '../item.ts';

/** `login.KEY` is a line of /etc/login.defs, which has no drop-ins. */
export const setting = (
  name: 'timezone' | 'hostname' | `login.${string}`,
  value: string,
): Item => ({
  kind: 'setting',
  name,
  state: { value },
});
