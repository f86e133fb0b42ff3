/** The order of apps and of their manifests in one run. */
import type { Judged } from './answer.ts';
import type { Manifest } from './manifest.ts';

/** An app with instances. */
export type Moving = {
  name: string;
  /** Manifests of its rollout and its site. */
  rollout: string;
  site: string | undefined;
  /** Domains of its site. */
  serves: readonly string[];
  /** What its instances listen on; of workers none. */
  ports: readonly string[];
  /** Its rollout is due. */
  isMoving: boolean;
};

/** One app comes before another. */
type Edge = readonly [before: string, after: string];

/**
 * Apps in the order in which they move: who gives up a port before who wants it; then as is `wanted`, and as the
 * manifests already say, where that leaves a way.
 * @throws when apps want each other's ports.
 */
export function sorted(
  apps: readonly Moving[],
  wanted: readonly Edge[],
  manifests: readonly Manifest[],
  judged: readonly Judged[],
): string[] {
  const edges = givers(apps, manifests, judged);
  for (const { before, after, ports } of edges) {
    const way = path(
      after,
      before,
      edges.map((edge) => [edge.before, edge.after] as const),
    );
    if (way)
      throw new Error(
        `apps ${[...new Set([before, ...way])].join(' and ')} want each other's ports in one run (${after} wants ${ports.join(', ')} of ${before}); give ${before} other ones and run up, then change the rest`,
      );
  }
  const kept: Edge[] = edges.map(({ before, after }) => [before, after]);
  for (const [before, after] of [...wanted, ...alreadySaid(manifests)])
    if (before !== after && !path(after, before, kept)) kept.push([before, after]);
  // What is served already comes before what moves.
  const all = [...new Set(manifests.flatMap(({ app }) => app ?? []))];
  const moves = (name: string) => apps.some((app) => app.name === name && app.isMoving);
  const left = all.toSorted((a, b) => Number(moves(a)) - Number(moves(b)));
  return depthFirst(left, (name) =>
    kept.filter(([, after]) => after === name).map(([before]) => before),
  );
}

/** Whose instances end on a port, in this run, that another app is to have. */
function givers(
  apps: readonly Moving[],
  manifests: readonly Manifest[],
  judged: readonly Judged[],
) {
  return judged.flatMap(({ name, verdict, rows }) => {
    const item = manifests
      .find((manifest) => manifest.name === name)
      ?.items.find(({ kind }) => kind === 'instances');
    if (!item || verdict === 'gone') return [];
    const stay = item.state?.running?.split(',') ?? [];
    const running = rows
      .filter((row) => row.kind === 'instances' && row.name === item.name)
      .flatMap(({ from }) => from.split(','));
    const given = running.filter((port) => !stay.includes(port));
    return apps
      .filter((app) => app.name !== item.name)
      .map((app) => ({
        ...{ before: item.name, after: app.name },
        ports: app.ports.filter((port) => given.includes(port)),
      }))
      .filter(({ ports }) => ports.length > 0);
  });
}

/** What the manifests of one app wait for of another's. */
const alreadySaid = (manifests: readonly Manifest[]): Edge[] =>
  manifests.flatMap(({ app, after }) =>
    after.flatMap((name): Edge[] => {
      const other = manifests.find((it) => it.name === name)?.app;
      return app !== undefined && other !== undefined && other !== app ? [[other, app]] : [];
    }),
  );

/** The apps on a way from one to another. */
function path(from: string, to: string, edges: readonly Edge[]): string[] | undefined {
  if (from === to) return [from];
  for (const [before, after] of edges) {
    if (before !== from) continue;
    const rest = path(
      after,
      to,
      edges.filter((edge) => edge[0] !== before),
    );
    if (rest) return [from, ...rest];
  }
  return undefined;
}

/**
 * What moves does so app by app: nothing of another comes between a rollout and its site, and nginx is told at once.
 * Each of them waits only for what has to be done.
 */
export function linked(
  manifests: readonly Manifest[],
  order: readonly string[],
  isDue: (name: string) => boolean,
): Manifest[] {
  const place = (app: string) => order.indexOf(app);
  const due = manifests.filter(({ name }) => isDue(name));
  return manifests.map((manifest) => {
    const { name, app, items, after } = manifest;
    if (app === undefined || !isDue(name)) return manifest;
    const isLater = (other: string) => {
      const its = due.find((it) => it.name === other)?.app;
      return its !== undefined && place(its) > place(app);
    };
    const earlier = items.some(({ kind }) => kind === 'rollout')
      ? due.filter((it) => it.app !== undefined && place(it.app) < place(app)).map((it) => it.name)
      : [];
    const own = after.filter((other) => !isLater(other));
    return { ...manifest, after: [...new Set([...own, ...earlier])] };
  });
}

/** Each after those that it waits for, else as given. */
export function inOrder(manifests: readonly Manifest[]): Manifest[] {
  const byName = new Map(manifests.map((manifest) => [manifest.name, manifest]));
  const names = depthFirst([...byName.keys()], (name) => byName.get(name)?.after ?? []);
  return names.flatMap((name) => byName.get(name) ?? []);
}

function depthFirst(
  names: readonly string[],
  before: (name: string) => readonly string[],
): string[] {
  const done: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    before(name).forEach(visit);
    done.push(name);
  };
  names.forEach(visit);
  return done;
}
