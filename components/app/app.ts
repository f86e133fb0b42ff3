/** App: what its components make of it, together. */
import type { Contribution } from '../host/compose.ts';
import type { Facts } from '../host/facts.ts';
import { download } from '../lib/download.ts';
import { newerBuild } from '../lib/node-news.ts';
import { plain } from '../lib/plain.ts';
import type { ServerConfig } from '../server/components.ts';
import { CannotRun } from './code/runs.ts';
import type { AppContext, AppReport, Release } from './component.ts';
import { type AppConfig, typeOf } from './components.ts';
import { found, isFound, processorOf } from './node.ts';
import { packRelease } from './packing.ts';
import { keptRelease } from './release.ts';

/** Releases that were packed, by app; an app that is pinned to a kept release has none here. */
export type Releases = Readonly<Record<string, Release | undefined>>;

/**
 * Brings what apps need to this machine: their Node.js, and their code as packed releases.
 * @throws naming the setting of the stack file whose file cannot be had.
 */
export async function packReleases(apps: readonly AppConfig[]): Promise<Releases> {
  const releases: Record<string, Release | undefined> = {};
  for (const app of apps) {
    const node = 'node' in app ? app.node : 'none';
    if (typeof node !== 'string' && isFound(node)) await naming(app, 'node', () => download(node));
    if (app.release === undefined)
      releases[app.name] = await naming(app, 'source', () => packRelease(app));
  }
  return releases;
}

/**
 * Apps with the builds of Node.js that are meant where a version is all that they say.
 * @param pins the file that says which, and is told what is found.
 */
export const withBuilds = (
  apps: readonly AppConfig[],
  { architecture }: Pick<Facts, 'architecture'>,
  pins: string,
): Promise<AppConfig[]> =>
  Promise.all(
    apps.map(async (app) => {
      if (!('node' in app)) return app;
      const node = await naming(app, 'node', () => found(app.node, architecture, pins));
      return { ...app, node };
    }),
  );

/** What is to be said of the Node.js of apps: that a newer one is out than the one that is pinned. */
export async function newsOf(
  apps: readonly AppConfig[],
  { architecture }: Pick<Facts, 'architecture'>,
  pins: string,
): Promise<string[]> {
  const lines = await Promise.all(
    apps.map(async (app) => {
      if (!('node' in app) || isFound(app.node)) return [];
      const { name, node } = app;
      const news = await newerBuild(node.version, processorOf(architecture), pins);
      return news
        ? [
            `apps.${name}.node: ${node.version} is ${news.pinned} as ${pins} says, and ${news.newer} is out; remove "${node.version}" there to take it`,
          ]
        : [];
    }),
  );
  return lines.flat();
}

async function naming<T>({ name }: AppConfig, setting: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const at = cause instanceof CannotRun ? cause.setting : setting;
    // It may name what is in an archive of somebody's.
    throw new Error(`apps.${name}.${at}: ${plain((cause as Error).message)}`, { cause });
  }
}

/** What an app is rendered from, for one host. */
export type Given = {
  readonly server: ServerConfig;
  readonly facts: Facts;
  readonly app: AppConfig;
  /** All apps on the host. */
  readonly apps: readonly AppConfig[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly release?: Release | undefined;
};

/** @throws when the stack file pins a release that the server does not keep. */
export function contextOf({ server, facts, app, apps, secrets, release }: Given): AppContext {
  const { components, instances } = typeOf(app);
  const others = apps.filter((other) => other.name !== app.name && 'port' in other);
  return {
    server,
    facts,
    secrets,
    instances: instances(app, facts),
    others: Object.fromEntries(others.map((app) => [app.name, typeOf(app).instances(app, facts)])),
    variables: Object.assign({}, ...components.map(({ variables }) => variables?.(app) ?? {})),
    release: release ?? keptRelease(app, facts),
  };
}

/**
 * Renders all that an app has on a host.
 * @throws when the stack file pins a release that the server does not keep.
 */
export function renderApp(given: Given): Contribution[] {
  const { app } = given;
  const context = contextOf(given);
  try {
    return typeOf(app).components.map(({ name, render, notes }) => ({
      component: name,
      app: app.name,
      wanted: render?.(app, context) ?? {},
      notes: notes?.(app, context) ?? [],
    }));
  } catch (cause) {
    if (!(cause instanceof CannotRun)) throw cause;
    throw new Error(`apps.${app.name}.${cause.setting}: ${cause.message}`, { cause });
  }
}

/** What is to be said of an app after a run. */
export function reportApp(given: Given): AppReport & { type: string } {
  const { app } = given;
  const context = contextOf(given);
  const said = typeOf(app).components.map(({ report }) => report?.(app, context) ?? {});
  const { release, instances } = { release: context.release.hash, instances: context.instances };
  return Object.assign({ type: app.type, release, instances, kept: [] }, ...said);
}
