/** Which run sent what: its name is a part of the manifests that name a blob. */
import type { Memory } from './facts.ts';
import type { Manifest } from './manifest.ts';

/** Which run sent each blob that these manifests name. */
export const runsOfBlobs = (manifests: readonly Manifest[]): Record<string, string> =>
  Object.fromEntries(
    manifests
      .flatMap(({ items }) => items)
      .filter(({ kind }) => kind === 'blob')
      .map(({ name, instructions }) => [name, instructions?.['@run'] ?? '']),
  );

/** Fills in which run sent each blob: the one that the host remembers, or this one. */
export function withRuns(manifests: readonly Manifest[], memory: Memory, run: string): Manifest[] {
  return manifests.map((manifest) => ({
    ...manifest,
    items: manifest.items.map((item) =>
      item.kind === 'blob'
        ? { ...item, instructions: { '@run': memory.blobs.get(item.name) ?? run } }
        : item,
    ),
  }));
}
