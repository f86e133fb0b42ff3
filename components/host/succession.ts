/**
 * What the manifests of one run have to do with each other: who takes the place of an app that goes, who must give
 * up a port before another listens there, and that what fails of one app holds back nothing of another.
 */
import type { Judged } from './answer.ts';
import type { Manifest } from './manifest.ts';
import { inOrder, linked, type Moving, sorted } from './order.ts';

export type Succession = {
  /** In the order in which they are to be applied. */
  readonly manifests: readonly Manifest[];
  /** Lines for the header of some, by name. */
  readonly orders: ReadonlyMap<string, readonly string[]>;
  /** What a preview says of them. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  /** What fails is told at the end. */
  readonly isLate: boolean;
};

/** An app that goes in this run. */
type Leaving = {
  name: string;
  ports: readonly string[];
  /** Manifest of its site; and its domains, which a host of an earlier version does not tell. */
  site?: string | undefined;
  serves?: readonly string[] | undefined;
  /** Directories that stay. */
  kept: readonly string[];
};

/**
 * @param judged what the host said of each manifest, also of those that go.
 * @throws when apps want each other's ports.
 */
export function succession(
  given: readonly Manifest[],
  judged: readonly Judged[],
  isDue: (name: string) => boolean,
): Succession {
  const apps = given.flatMap((manifest) => moving(manifest, given, isDue));
  const leavings = leavingOf(judged);
  const orders = new Map<string, string[]>();
  const notes = new Map<string, string[]>();
  const add = (to: Map<string, string[]>, name: string, line: string) =>
    to.set(name, [...(to.get(name) ?? []), line]);
  const before: [string, string][] = [];
  for (const leaving of leavings) {
    const takers = apps.filter(({ isMoving, ports }) => isMoving && meet(ports, leaving.ports));
    const sharers = apps.filter((app) => shares(app, leaving, takers.includes(app)));
    const heir = sharers.at(-1);
    const isHandedOn = takers.length === 1 && heir !== undefined && takers[0] === heir;
    if (heir?.site && leaving.site) {
      add(orders, heir.site, `replaces\t${leaving.site}`);
      add(notes, heir.site, `  takes the place of the site of ${leaving.name}`);
    }
    for (const sharer of sharers.slice(0, -1)) before.push([sharer.name, (heir as Moving).name]);
    for (const taker of takers) {
      add(orders, taker.rollout, `takes\t${leaving.name}`);
      add(notes, taker.rollout, handover(taker, leaving, isHandedOn));
      // Else its visitors would be answered by another app.
      if (!isHandedOn && leaving.site) add(orders, taker.rollout, `replaces\t${leaving.site}`);
      if (heir && heir !== taker) before.push([heir.name, taker.name]);
    }
    const next = takers[0] ?? heir;
    if (next && leaving.kept.length > 0)
      add(notes, next.site ?? next.rollout, remains(leaving, next));
  }
  const order = sorted(apps, before, given, judged);
  const manifests = inOrder(linked(given, order, isDue));
  const late = given.filter((it) => isDue(it.name) && hasOthers(it, given, isDue));
  for (const manifest of late) {
    const { name, after } = manifest;
    const own = after.filter((other) =>
      given.some((it) => it.name === other && siteOf(it) === siteOf(manifest)),
    );
    add(orders, name, `late\t${own.join(' ') || '-'}`);
  }
  return { manifests, orders, notes, isLate: late.length > 0 };
}

/** Of what one failure holds back nothing of another's: of an app, or of the status page; nothing of what all need. */
const siteOf = ({ app, name, isApart }: Manifest) => app ?? (isApart ? name : undefined);

function hasOthers(one: Manifest, given: readonly Manifest[], isDue: (name: string) => boolean) {
  const site = siteOf(one);
  const isOther = (it: Manifest) => siteOf(it) !== undefined && siteOf(it) !== site;
  return site !== undefined && given.some((it) => isOther(it) && isDue(it.name));
}

const meet = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((one) => others.includes(one));

/** Whether a site answers to a domain of an app that goes; where that is not known, to whoever may ask for it. */
const shares = ({ site, serves }: Moving, leaving: Leaving, isTaker: boolean): boolean =>
  site !== undefined &&
  leaving.site !== undefined &&
  (leaving.serves ? meet(serves, leaving.serves) : isTaker || serves.includes('default'));

/** An app whose instances answer requests, by its rollout's manifest. */
function moving(
  manifest: Manifest,
  all: readonly Manifest[],
  isDue: (name: string) => boolean,
): Moving[] {
  const item = manifest.items.find(({ kind }) => kind === 'rollout');
  if (!item || manifest.app === undefined) return [];
  const own = all.filter(({ app }) => app === manifest.app);
  const site = own.find(({ items }) => items.some(({ instructions }) => instructions?.['@serves']));
  const served = site?.items.flatMap(({ instructions }) => instructions?.['@serves'] ?? []) ?? [];
  const listens = item.instructions?.['@listen'] !== undefined;
  return [
    {
      name: item.name,
      rollout: manifest.name,
      site: site?.name,
      serves: served.flatMap((domains) => domains.split(' ')),
      ports: listens ? Object.keys(item.state ?? {}).filter((key) => /^\d+$/.test(key)) : [],
      isMoving: isDue(manifest.name),
    },
  ];
}

function leavingOf(judged: readonly Judged[]): Leaving[] {
  const gone = judged.filter(({ verdict }) => verdict === 'gone');
  const rows = gone.flatMap((manifest) => manifest.rows);
  return rows
    .filter(({ kind }) => kind === 'rollout')
    .map(({ name, from }) => {
      const site = gone.find((manifest) =>
        manifest.rows.some((row) => row.kind === 'instances' && row.name === name),
      );
      const serves = site?.rows.find((row) => row.kind === 'file' && row.from !== '')?.from;
      const kept = rows
        .filter((row) => row.kind === 'directory' && row.from === 'keep')
        // Its home, which every app has, is told of when it goes.
        .filter((row) => row.name.startsWith(`/srv/${name}/`) && row.name !== `/srv/${name}/.home`)
        .map((row) => row.name);
      return {
        name,
        ports: from === '' ? [] : from.split(','),
        site: site?.name,
        serves: serves?.split(' '),
        kept,
      };
    });
}

function handover({ ports }: Moving, leaving: Leaving, isHandedOn: boolean): string {
  const taken = ports.filter((port) => leaving.ports.includes(port));
  const what = `  takes port${taken.length === 1 ? '' : 's'} ${taken.join(', ')} from ${leaving.name}, which goes`;
  if (!isHandedOn)
    return `${what}: the site of ${leaving.name} goes first${leaving.serves ? ` (${leaving.serves.join(', ')})` : ''}`;
  return leaving.ports.length === 1
    ? `${what}: nobody answers for the seconds in which it moves`
    : `${what}: one instance after another, while its site goes on`;
}

const remains = ({ name, kept }: Leaving, next: Moving): string =>
  `  what ${name} received stays in ${kept.join(', ')}, and does not become ${next.name}'s; move it there before, if it is to`;
