import type { Item } from '../item.ts';

/** What holds of a keyword of sshd_config, whatever file says it; the kit's own file is an item of its own. */
export const sshdSetting = (keyword: string, value: string): Item => ({
  kind: 'sshd',
  name: keyword,
  state: { value },
});
