/** From a host's description to its manifests. */
import { newsOf, type Releases, renderApp, reportApp } from '../app/app.ts';
import type { AppReport } from '../app/component.ts';
import { type Contribution, compose } from '../host/compose.ts';
import type { Facts } from '../host/facts.ts';
import type { Manifest } from '../host/manifest.ts';
import type { ServerReport } from '../server/component.ts';
import { serverComponents } from '../server/components.ts';
import { hostConflicts } from './conflicts.ts';
import type { HostConfig } from './host.ts';

export { packReleases, type Releases, withBuilds } from '../app/app.ts';

/**
 * All manifests of a host, in their order.
 * @throws when an app is pinned to a release that the host does not keep, when the host's cores bring
 *   conflicts to light, or when two components want one thing in two ways.
 */
export function renderHost(host: HostConfig, facts: Facts, releases: Releases): Manifest[] {
  const { server, apps, secrets, serverSecrets } = host;
  const problems = hostConflicts(apps, { server, secrets, cores: facts.cores });
  if (problems.length > 0)
    throw new Error(`server ${host.name} has ${facts.cores} cores:\n${problems.join('\n')}`);
  const own = serverComponents.map(
    ({ name, render, notes }): Contribution => ({
      component: name,
      notes: notes?.(server, { facts }) ?? [],
      wanted: render?.(server, { facts, secrets: serverSecrets ?? {} }) ?? {},
    }),
  );
  return compose([...own, ...givens(host, facts, releases).flatMap(renderApp)]);
}

/** What a preview has to say of a host beside what differs there. */
export async function newsOfHost(
  { server, apps }: HostConfig,
  facts: Facts,
  pins: string,
): Promise<string[]> {
  const own = serverComponents.flatMap(({ news }) => news?.(server, facts) ?? []);
  return [...own, ...(await newsOf(apps, facts, pins))];
}

/** What a host's components say of it, for outputs: where it is, and what runs there. */
export type HostReport = ServerReport & {
  readonly apps: Readonly<Record<string, AppReport & { type: string }>>;
};

export function reportHost(host: HostConfig, facts: Facts, releases: Releases): HostReport {
  const apps = givens(host, facts, releases).map((given) => [given.app.name, reportApp(given)]);
  const own = serverComponents.map(({ report }) => report?.(host.server) ?? {});
  return Object.assign({ address: '' }, ...own, { apps: Object.fromEntries(apps) });
}

const givens = ({ server, apps, secrets }: HostConfig, facts: Facts, releases: Releases) =>
  apps.map((app) => ({
    ...{ server, facts, app, apps },
    secrets: secrets[app.name] ?? {},
    release: releases[app.name],
  }));
