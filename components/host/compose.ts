/** Composition: the manifests of a host, from what each component wants of it. */
import type { Item } from './item.ts';
import { itemText, key, type Manifest, type Note, type Upload } from './manifest.ts';
import { manifestName, manifests, type Part, parts } from './manifests.ts';
import { concerns, withFiles } from './unit-files.ts';

/** What one component wants of a host, by manifest. */
export type Wanted = { readonly [part in Part]?: readonly Item[] } & {
  /** Local archives of the blobs among its items. */
  readonly uploads?: readonly Upload[];
  /** Manifests of its app that come after those of all other apps. */
  readonly last?: readonly Part[];
};

export type Contribution = {
  /** Names the component in errors. */
  readonly component: string;
  /** The app whose component it is; else the server's. */
  readonly app?: string;
  readonly wanted: Wanted;
  readonly notes?: readonly (Note & { readonly part: Part })[];
};

/**
 * The manifests of one host, in the order in which they are applied.
 *
 * One thing that several components want with the same words is one item, also in several manifests.
 * A unit's own files and drop-ins are those that any component puts there, and each later manifest that
 * holds a file of it, or one that it reads, holds the unit too: whichever changes a file tells the unit.
 * @throws naming both components, when they want one thing in two ways.
 */
export function compose(contributions: readonly Contribution[]): Manifest[] {
  const owners = ownersOf(contributions);
  const all = [...owners.values()].map(({ item }) => item);
  const composed = slots(contributions)
    .map((slot) => ({ ...slot, items: itemsOf(slot, contributions) }))
    .filter(({ items }) => items.length > 0);
  const named = new Set(composed.map(({ name }) => name));
  return composed.map((slot, index) => {
    const { name, part, app, after } = slot;
    const { secret, confirm, isApart } = manifests[part];
    const told = unitsToldBy(slot.items, composed.slice(0, index));
    const items = [...slot.items, ...told].map((item) => withFiles(item, all));
    const mine = contributions.filter((given) => part === 'base' || given.app === app);
    return {
      name,
      after: after.filter((other) => named.has(other)),
      ...(app !== undefined && { app }),
      secret,
      ...(confirm !== undefined && { confirm }),
      ...(isApart && { isApart }),
      items,
      uploads: uploadsOf(items, mine),
      notes: mine.flatMap(({ notes = [] }) =>
        notes.filter((note) => note.part === part).map(({ part: _, ...note }) => note),
      ),
    };
  });
}

type Slot = {
  name: string;
  part: Part;
  app?: string;
  after: readonly string[];
};

/** The places of all manifests that a host may have, in their order. */
function slots(contributions: readonly Contribution[]): Slot[] {
  const apps = [...new Set(contributions.flatMap(({ app }) => app ?? []))];
  const isLast = (app: string, part: Part) =>
    contributions.some((given) => given.app === app && given.wanted.last?.includes(part));
  const slot = (part: Part, app?: string): Slot => {
    const { after = [] } = manifests[part];
    const others = apps.filter(
      (other) => app !== undefined && isLast(app, part) && !isLast(other, part),
    );
    return {
      name: manifestName(part, app),
      part,
      ...(app !== undefined && { app }),
      after: [
        ...[after].flat().map((before) => manifestName(before, app)),
        ...others.map((other) => manifestName(part, other)),
      ],
    };
  };
  const scoped = (scope: 'server' | 'app') =>
    parts.filter((part) => manifests[part].scope === scope);
  const late = (app: string) => parts.some((part) => isLast(app, part));
  const sorted = apps.toSorted((a, b) => Number(late(a)) - Number(late(b)));
  return [
    ...scoped('server').map((part) => slot(part)),
    ...sorted.flatMap((app) => scoped('app').map((part) => slot(part, app))),
  ];
}

/** What is wanted of one manifest, each thing once. */
function itemsOf({ part, app }: Slot, contributions: readonly Contribution[]): Item[] {
  const items = contributions
    .filter((given) => manifests[part].scope === 'server' || given.app === app)
    .flatMap(({ wanted }) => wanted[part] ?? []);
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

/** Each thing that is wanted of a host, and the component that wants it first. */
function ownersOf(contributions: readonly Contribution[]) {
  const owners = new Map<string, { item: Item; owner: string }>();
  for (const { component, app, wanted } of contributions) {
    const owner = app === undefined ? component : `${component} of ${app}`;
    for (const part of parts)
      for (const item of wanted[part] ?? []) {
        const known = owners.get(key(item)) ?? { item, owner };
        if (itemText(known.item) !== itemText(item))
          throw new Error(
            `${key(item)} is wanted in two ways, by ${known.owner} and by ${owner}; let one of them own it`,
          );
        if (item.instructions?.['@secret'] && !manifests[part].secret)
          throw new Error(
            `${key(item)} of ${owner} is secret, and the manifest ${manifestName(part, app)} is not`,
          );
        owners.set(key(item), known);
      }
  }
  return owners;
}

/** Units of earlier manifests that read a file of these items. */
function unitsToldBy(
  items: readonly Item[],
  earlier: readonly { items: readonly Item[] }[],
): Item[] {
  const own = new Set(items.map(key));
  return earlier
    .flatMap((manifest) => manifest.items)
    .filter((item) => item.kind === 'unit' && !own.has(key(item)))
    .filter((unit) => items.some((item) => concerns(item, unit)));
}

function uploadsOf(items: readonly Item[], contributions: readonly Contribution[]): Upload[] {
  const blobs = new Set(items.filter(({ kind }) => kind === 'blob').map(({ name }) => name));
  const all = contributions.flatMap(({ wanted }) => wanted.uploads ?? []);
  return [
    ...new Map(all.filter(({ hash }) => blobs.has(hash)).map((it) => [it.hash, it])).values(),
  ];
}
