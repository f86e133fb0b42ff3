/** What files make a unit what it is, and what files it reads. */
import type { Item } from './item.ts';

const folder = '/etc/systemd/system';

const isFile = ({ kind }: Item): boolean => ['file', 'link', 'absent'].includes(kind);

const dropins = (unit: string, all: readonly Item[]): string[] =>
  all
    .filter((item) => item.kind === 'file')
    .map(({ name }) => name)
    .filter((path) => path.startsWith(`${folder}/${unit}.d/`) && path.endsWith('.conf'))
    .sort();

/** Whether an item is a file of a unit, a drop-in of it, or one that it reads. */
export function concerns(item: Item, unit: Item): boolean {
  const own = `${folder}/${unit.name}`;
  const config = unit.instructions?.['@config']?.split(' ') ?? [];
  return (
    isFile(item) &&
    [own, `${own}.d`, ...config].some(
      (path) => item.name === path || item.name.startsWith(`${path}/`),
    )
  );
}

/**
 * A unit with its file and its drop-ins among all items of its host; a rollout with the drop-ins of
 * its instances. Any other item as it is.
 */
export function withFiles(item: Item, all: readonly Item[]): Item {
  if (item.kind === 'rollout') {
    const own = dropins(`${item.name}@.service`, all);
    if (own.length === 0) return item;
    return { ...item, instructions: { ...item.instructions, '@dropins': own.join(' ') } };
  }
  // Of some nothing counts but that they failed.
  if (item.kind !== 'unit' || item.state.failed !== undefined) return item;
  const { enabled, active, ...rest } = item.state;
  const fragment = `${folder}/${item.name}`;
  const own = dropins(item.name, all);
  return {
    ...item,
    state: {
      ...(enabled && { enabled }),
      ...(active && { active }),
      ...(all.some(({ kind, name }) => kind === 'file' && name === fragment) && { fragment }),
      ...(own.length > 0 && { dropins: own.join(' ') }),
      ...rest,
    },
  };
}
