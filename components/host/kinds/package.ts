import type { Item } from '../item.ts';

/** A Debian package, installed; at one version only where `version` is given. */
export const aptPackage = (name: string, version?: string): Item => ({
  kind: 'package',
  name,
  state: version === undefined ? { state: 'installed' } : { state: 'installed', version },
});
