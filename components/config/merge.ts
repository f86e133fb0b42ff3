/** Merge: what is written in one place, over what is written in another. */

export type Mapping = Readonly<Record<string, unknown>>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The upper value over the lower one: mappings are merged, all else is replaced, null takes out.
 * @param idle is told of each null that finds nothing to take out.
 * @example merged({ user: 'admin', port: 22 }, { port: null }, () => {}) // { user: 'admin' }
 */
export function merged(
  below: unknown,
  above: unknown,
  idle: (path: readonly string[]) => void,
  at: readonly string[] = [],
): unknown {
  if (!isMapping(above)) return above;
  const all = new Map(Object.entries(isMapping(below) ? below : {}));
  for (const [key, value] of Object.entries(above)) {
    const path = [...at, key];
    if (value !== null) all.set(key, merged(all.get(key), value, idle, path));
    else if (!all.delete(key)) idle(path);
  }
  return Object.fromEntries(all);
}
