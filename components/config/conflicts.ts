/** Conflicts: what one component may say, and two of them together may not. Each component knows its own. */
import type { AppComponent, Neighbours } from '../app/component.ts';
import { type AppConfig, appTypes, typeOf } from '../app/components.ts';
import type { Shape } from '../fields/shape.ts';
import { manifestName, manifests, parts } from '../host/manifests.ts';
import { batches } from '../lib/batches.ts';
import { type ServerConfig, serverComponents } from '../server/components.ts';
import type { Problem } from './problem.ts';

type Component = AppComponent<Shape, AppConfig>;

/** All components of apps; one that several types have is one. */
const components = [
  ...new Set(Object.values(appTypes).flatMap(({ components }): readonly unknown[] => components)),
] as readonly Component[];

/** Conflicts between what is on one host. */
export const hostConflicts = (apps: readonly AppConfig[], neighbours: Neighbours): Problem[] =>
  components.flatMap((component) => {
    const concerned = apps.filter((app) => typeOf(app).components.includes(component));
    return component.conflicts?.(concerned, neighbours) ?? [];
  });

type Whole = Neighbours & {
  readonly name: string;
  readonly apps: readonly AppConfig[];
  readonly elsewhere: readonly AppConfig[];
};

/** Conflicts on one server of a stack: those that its own settings of apps bring about are told of it. */
export function placeConflicts(place: Whole): Problem[] {
  const found = hostConflicts(place.apps, place);
  if (found.length === 0) return [];
  const shared = hostConflicts(place.elsewhere, place);
  return found.map((problem) =>
    shared.includes(problem) || !problem.startsWith('apps.')
      ? problem
      : `servers.${place.name}.${problem}`,
  );
}

/** Conflicts between the servers of a stack. */
export const serverConflicts = (servers: readonly ServerConfig[]): Problem[] =>
  serverComponents.flatMap(({ conflicts }) => conflicts?.(servers) ?? []);

type Turn = { readonly server: ServerConfig | undefined; readonly apps: readonly AppConfig[] };

/** Servers of an app that leave their load balancers at the same time, and no other is left in them. */
export function turnConflicts(
  places: readonly Turn[],
  { servers: size }: { servers: number | string },
): Problem[] {
  const turns = batches(places, size);
  const names = new Set(places.flatMap(({ apps }) => apps.filter(isWeb).map(({ name }) => name)));
  const conflicts = [...names].flatMap((name) => {
    const told = places.filter(
      ({ server, apps }) =>
        server?.nginx.balancerChecks !== undefined && apps.some((app) => app.name === name),
    );
    const together = turns.some((turn) => told.every((place) => turn.includes(place)));
    if (told.length < 2 || !together) return [];
    const all = told.map(({ server }) => server?.name).join(', ');
    return [
      `rollout.servers: ${size} lets ${all} leave their load balancers at the same time, so that nobody answers; choose fewer, such as 1`,
    ];
  });
  return [...new Set(conflicts)];
}

const isWeb = ({ type }: AppConfig): boolean => type === 'web';

type Place = { readonly name: string; readonly apps: readonly { readonly name: string }[] };

/** What Pulumi calls by the same name on two servers: `web-eu-shop` is `eu-shop` on `web`, and `shop` on `web-eu`. */
export function nameConflicts(places: readonly Place[]): Problem[] {
  const known = new Map<string, { server: string; thing: string }>();
  return places.flatMap(({ name: server, apps }) =>
    resourceNames(apps.map(({ name }) => name)).flatMap(({ kind, name, thing }) => {
      const resource = `${server}-${name}`;
      const other = known.get(`${kind} ${resource}`);
      if (other === undefined) known.set(`${kind} ${resource}`, { server, thing });
      return other === undefined || other.server === server
        ? []
        : [
            `servers.${server}: ${thing} and ${other.thing} of ${other.server} would both be ${resource} to Pulumi; rename a server or an app`,
          ];
    }),
  );
}

/** What is registered for one server, after its name; uploads are called by their app. */
const resourceNames = (apps: readonly string[]) => [
  ...[
    'helper',
    'prune',
    ...parts
      .filter((part) => manifests[part].scope === 'server')
      .flatMap((part) => (manifests[part].confirm ? [part, `${part}-confirm`] : [part])),
  ].map((name) => ({ kind: 'command', name, thing: name })),
  ...apps.flatMap((app) => [
    { kind: 'app', name: app, thing: `app ${app}` },
    ...parts
      .filter((part) => manifests[part].scope === 'app')
      .map((part) => ({ kind: 'command', name: manifestName(part, app), thing: `app ${app}` })),
  ]),
];
