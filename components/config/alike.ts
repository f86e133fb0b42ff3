/** Alike: what of an app has to be the same on all servers behind AWS's balancer, which has it once. */
import { isDeepStrictEqual } from 'node:util';
import type { AppConfig } from '../app/components.ts';
import type { WebApp } from '../app/types/web.ts';
import type { ServerConfig } from '../server/components.ts';
import type { Problem } from './problem.ts';

type Place = {
  /** There where the server is made on EC2. */
  readonly aws?: object | undefined;
  readonly server?: ServerConfig | undefined;
  readonly apps: readonly AppConfig[];
};

/** What the balancer is told of an app, by its setting. */
const told: Readonly<Record<string, (app: WebApp) => unknown>> = {
  domains: ({ domains }) => domains,
  redirectFrom: ({ redirectFrom }) => redirectFrom,
  sticky: ({ sticky }) => sticky,
  'rollout.status': ({ rollout }) => rollout.status,
  'rollout.drain': ({ rollout }) => rollout.drain,
};

/** Settings that an app has otherwise on one of them. */
export function unlike(places: readonly Place[]): Problem[] {
  const first = new Map<string, WebApp>();
  return places.flatMap(({ aws, server, apps }) =>
    apps.flatMap((app) => {
      if (!aws || app.type !== 'web') return [];
      const known = first.get(app.name) ?? app;
      first.set(app.name, known);
      return Object.entries(told).flatMap(([setting, of]) =>
        isDeepStrictEqual(of(app), of(known))
          ? []
          : [
              `servers.${server?.name}.apps.${app.name}.${setting}: is another one than on other servers, and the balancer has one for all; write it in apps.${app.name}.${setting}`,
            ],
      );
    }),
  );
}
