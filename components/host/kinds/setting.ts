import type { Item } from '../item.ts';

export const setting = (name: 'timezone' | 'hostname', value: string): Item => ({
  kind: 'setting',
  name,
  state: { value },
});
