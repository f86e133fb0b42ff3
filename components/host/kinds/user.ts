import type { Item } from '../item.ts';

/** The comment of a user that the kit made; it changes and removes no other. */
export const mark = 'Managed by Keelson';

/** A system user without password; by default without shell and home. */
export const systemUser = (
  name: string,
  options: { group: string; groups?: readonly string[]; home?: string; shell?: string },
): Item => ({
  kind: 'user',
  name,
  state: {
    group: options.group,
    groups: [...(options.groups ?? [])].sort().join(','),
    home: options.home ?? '/nonexistent',
    shell: options.shell ?? '/usr/sbin/nologin',
    password: 'locked',
    comment: mark,
  },
});
