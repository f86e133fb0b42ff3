/** From a host's arguments to what is rendered for it. */
import type { z } from 'zod';
import { type AppConfig, appSchema, packReleases, renderApp } from '../app/app.ts';
import { checkCores } from '../config/conflicts.ts';
import type { Render } from '../host/look.ts';
import { merge } from '../host/manifest.ts';
import { renderMonit } from '../server/monit.ts';
import { renderNginx } from '../server/nginx.ts';
import { renderServer, type ServerConfig, serverSchema } from '../server/server.ts';
import type { Given } from './inputs.ts';

export type HostSettings = z.input<typeof serverSchema> & {
  apps?: Record<string, z.input<typeof appSchema>>;
  secrets?: Record<string, Record<string, string>>;
};

export type HostConfig = {
  server: ServerConfig;
  apps: AppConfig[];
  secrets: Record<string, Record<string, string>>;
};

export function readHost(name: string, given: Given): HostConfig {
  const { apps = {}, secrets = {}, ...server } = given.values as HostSettings;
  if (!given.known) server.address ??= '192.0.2.1';
  return {
    server: { ...serverSchema.parse(server), name },
    apps: Object.entries(apps).map(([name, app]) => ({ ...appSchema.parse(app), name })),
    secrets,
  };
}

const packed = new Map<string, Promise<Awaited<ReturnType<typeof packReleases>>>>();

export async function renderFor({ server, apps, secrets }: HostConfig): Promise<Render> {
  const key = JSON.stringify(apps);
  const releases = await (packed.get(key) ?? packed.set(key, packReleases(apps)).get(key) ?? {});
  return (facts) => {
    checkCores(apps, server, facts);
    return merge([
      ...renderServer(server, facts),
      ...apps.flatMap((app) =>
        renderApp({
          ...{ server, facts, app },
          secrets: secrets[app.name] ?? {},
          release: (releases as Awaited<ReturnType<typeof packReleases>>)[app.name],
        }),
      ),
      ...renderNginx(server, facts),
      ...renderMonit(server, facts),
    ]);
  };
}
