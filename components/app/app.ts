/** App: everything that one app has on a server, each aspect in a file of its own. */
import { z } from 'zod';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { instances } from '../host/kinds.ts';
import type { Manifest } from '../host/manifest.ts';
import { download } from '../lib/download.ts';
import { renderChecks } from '../server/monit.ts';
import { renderSite, siteFields } from '../server/nginx.ts';
import type { ServerConfig } from '../server/server.ts';
import { environmentFields, renderEnvironment } from './environment.ts';
import { logFields, renderLogs } from './logs.ts';
import { nodeFields, renderNode } from './node.ts';
import { keptRelease, packRelease, type Release, releaseFields, renderRelease } from './release.ts';
import { renderRollout, rolloutSchema } from './rollout.ts';
import { ports, renderService, serviceFields, serviceRules } from './service.ts';
import { renderSudoers } from './sudoers.ts';
import { renderUser, userFields } from './user.ts';

const fields = z.strictObject({
  ...releaseFields,
  ...serviceFields,
  ...siteFields,
  ...nodeFields,
  ...environmentFields,
  ...userFields,
  ...logFields,
  rollout: rolloutSchema.prefault({}),
});

/** An app in the stack file. */
export const appSchema = serviceRules
  .reduce(
    (schema, { path, error, holds }) =>
      schema.refine((app) => holds(app), { path: [path], error, when: isObject }),
    fields,
  )
  .describe('An app: where its code is, how it is started and under which names it is reached');

/** Lets a check across fields run beside complaints about other fields. */
function isObject({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null;
}

export type AppConfig = z.output<typeof appSchema> & { name: string };

/** What an app is rendered from, for one server. */
export type Site = {
  server: ServerConfig;
  facts: Facts;
  app: AppConfig;
  /** Values of the secret environment variables. */
  secrets: Record<string, string>;
  release: Release;
};

/**
 * Brings what apps need to this machine: their Node.js, and their code as packed releases.
 *
 * @returns the releases by app; an app that is pinned to a kept release has none here.
 * @throws naming the setting of the stack file whose file cannot be had.
 */
export async function packReleases(
  apps: readonly AppConfig[],
): Promise<Record<string, Release | undefined>> {
  const releases: Record<string, Release | undefined> = {};
  for (const app of apps) {
    const { node } = app;
    if (node !== 'debian') await naming(`apps.${app.name}.node`, () => download(node));
    if (app.release === undefined)
      releases[app.name] = await naming(`apps.${app.name}.source`, () => packRelease(app));
  }
  return releases;
}

async function naming<T>(setting: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`${setting}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Renders all that an app has on a server, as parts of that server's manifests.
 *
 * @throws when the stack file pins a release that the server does not keep.
 */
export function renderApp(
  given: Omit<Site, 'release'> & { release?: Release | undefined },
): Manifest[] {
  const site = { ...given, release: given.release ?? keptRelease(given.app, given.facts) };
  const { app, facts, server, secrets, release } = site;
  const listening = ports(app, facts);
  const own = `app-${app.name}`;
  const part = (name: string, after: string[], items: Item[]): Manifest => ({ name, after, items });
  return [
    renderNode(app.node, facts.architecture),
    {
      ...part(
        own,
        ['base'],
        [
          ...renderUser(app),
          ...renderRelease(app, release),
          ...renderLogs(app),
          ...renderService(app, facts),
          ...(server.deploy ? renderSudoers(app, server.deploy.name, listening) : []),
        ],
      ),
      app: app.name,
      uploads: uploads(release),
    },
    {
      ...part(`environment-${app.name}`, [own], renderEnvironment(app, secrets)),
      app: app.name,
      secret: true,
    },
    ...renderRollout(site),
    part('nginx', ['base', `rollout-${app.name}`], renderSite(app, listening)),
    part(
      'monit',
      ['nginx'],
      [
        ...renderChecks(app, listening),
        instances(app.name, listening, {
          type: 'web',
          drain: app.rollout.drain,
          stop: app.stopTimeout,
        }),
      ],
    ),
  ];
}

const uploads = ({ hash, archive }: Release) =>
  archive === undefined ? [] : [{ name: 'release', hash, archive }];
