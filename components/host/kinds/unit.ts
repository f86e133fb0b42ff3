import type { Item } from '../item.ts';

/**
 * A systemd unit. `fragment` and `dropins` say where its files lie when they are ours;
 * `change` is what happens to it when another item of its manifest changed;
 * `config` are the directories or files that the service reads, with blanks between; with `failed` alone nothing else of it is watched;
 * `port` is one that nobody else may hold, on whatever address.
 */
export const unit = (
  name: string,
  options: {
    enabled?: 'enabled' | 'disabled' | 'masked' | 'static';
    active?: 'active' | 'inactive';
    failed?: 'no';
    fragment?: string;
    dropins?: readonly string[];
    change?: 'reload' | 'restart';
    config?: string;
    port?: number;
  },
): Item => ({
  kind: 'unit',
  name,
  state: {
    ...(options.enabled && { enabled: options.enabled }),
    ...(options.active && { active: options.active }),
    ...(options.failed && { failed: options.failed }),
    ...(options.fragment && { fragment: options.fragment }),
    ...(options.dropins?.length && { dropins: [...options.dropins].sort().join(' ') }),
    ...(options.config && { config: 'current' }),
  },
  instructions: {
    ...(options.change && { '@change': options.change }),
    ...(options.config && { '@config': options.config }),
    ...(options.port && { '@port': String(options.port) }),
  },
});
