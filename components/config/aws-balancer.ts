/** AWS's balancer: what a stack file says of it, and what must hold between it, the apps and the servers behind it. */
import { z } from 'zod';
import type { AppConfig } from '../app/components.ts';
import type { WebApp } from '../app/types/web.ts';
import * as field from '../fields/index.ts';
import { pairs } from '../lib/pairs.ts';
import type { ServerConfig } from '../server/components.ts';
import { unlike } from './alike.ts';
import type { Problem } from './problem.ts';

const zone = field.matching(
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/,
  'is not the name of a zone; write it as Route 53 has it, such as example.com',
);

const certificate = field.matching(
  /^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate\/[A-Za-z0-9-]+$/,
  'is not a certificate; give its ARN, such as arn:aws:acm:eu-central-1:111122223333:certificate/…',
);

export const balancerSchema = z
  .strictObject({
    zones: z
      .array(zone)
      .min(1, 'is empty; name at least one zone, or leave it out')
      .optional()
      .describe(
        'Public Route 53 zones of the apps’ domains: records for them are made there, and their certificate is validated there',
      ),
    certificate: certificate
      .optional()
      .describe(
        'ARN of a certificate of ACM; default: one for all domains of the apps, where `zones` are given, else visitors come over http alone',
      ),
    interval: field.duration('5s', '5m').prefault('10s').describe('Time between two health checks'),
    fall: field
      .integer(2, 10)
      .prefault(2)
      .describe('Checks that must fail before a server gets no more requests'),
    rise: field
      .integer(2, 10)
      .prefault(2)
      .describe('Checks that must succeed before a server gets requests'),
  })
  .optional()
  .describe('An Application Load Balancer in front of the web apps of the servers on AWS');

export type BalancerSettings = NonNullable<z.output<typeof balancerSchema>>;

type Shared = {
  readonly balancer?: BalancerSettings | undefined;
  readonly subnets?: readonly string[] | undefined;
};
type Place = {
  /** There where the server is made on EC2. */
  readonly aws?: object | undefined;
  readonly server?: ServerConfig | undefined;
  readonly apps: readonly AppConfig[];
};

const isWeb = (app: AppConfig): app is WebApp => app.type === 'web';

/** The web apps that run on servers on AWS, each with the number of those; first those of the first server. */
function balanced(places: readonly Place[]): { app: WebApp; count: number }[] {
  const all = places.flatMap(({ aws, apps }) => (aws ? apps.filter(isWeb) : []));
  const names = [...new Set(all.map(({ name }) => name))];
  return names.map((name) => {
    const own = all.filter((app) => app.name === name);
    return { app: own[0] as WebApp, count: own.length };
  });
}

/** The web apps that a balancer has behind it. */
export const balancedApps = (places: readonly Place[]): WebApp[] =>
  balanced(places).map(({ app }) => app);

/** Names by which visitors ask for an app, those that lead to another included. */
export const namesOf = ({ domains, redirectFrom }: Pick<WebApp, 'domains' | 'redirectFrom'>) =>
  [...domains, ...redirectFrom].filter((name) => name !== 'default');

/** Names that a zone can have and a certificate can be for: no addresses. */
export const isName = (name: string): boolean => !/^[0-9.]+$/.test(name);

/** The zone that a name lies in, the nearest one. */
export const zoneOf = (name: string, zones: readonly string[]): string | undefined =>
  zones
    .filter((zone) => name === zone || name.endsWith(`.${zone}`))
    .sort((a, b) => b.length - a.length)[0];

/** What of an app the balancer cannot do, or not as it is meant. */
export function balancerConflicts(aws: Shared | undefined, places: readonly Place[]): Problem[] {
  const { balancer, subnets } = aws ?? {};
  if (!balancer) return [];
  const apps = balanced(places);
  return [
    ...(apps.length === 0
      ? ['aws.balancer: no web app runs on a server on AWS; put one there, or leave it out']
      : []),
    ...(subnets?.length === 1
      ? ['aws.subnets: is one, and a balancer needs two, in two zones; name another one']
      : []),
    ...places.flatMap(({ aws, server }) =>
      aws && server?.nginx.balancerChecks
        ? [`servers.${server.name}.nginx.balancerChecks: is set by aws.balancer; leave it out`]
        : [],
    ),
    ...apps.flatMap(({ app, count }) => appConflicts(app, count)),
    ...unlike(places),
    ...sharedNames(apps.map(({ app }) => app)),
    ...strangeNames(
      balancer,
      apps.map(({ app }) => app),
    ),
  ];
}

function appConflicts({ name, health, rollout, sticky }: WebApp, count: number): Problem[] {
  const { status } = rollout;
  return [
    ...(health === '/'
      ? [
          `apps.${name}.health: is missing, and the balancer asks for it again and again; give a path that tells whether the app works, such as /health`,
        ]
      : []),
    ...(status < 200 || status > 499
      ? [
          `apps.${name}.rollout.status: ${status} is none that the balancer takes; choose 200 to 499`,
        ]
      : []),
    ...(sticky !== undefined && sticky !== 'cookie' && count > 1
      ? [
          `apps.${name}.sticky: the balancer keeps a client at a server by a cookie alone; write cookie, or leave it out`,
        ]
      : []),
  ];
}

/** The balancer has but one app for a name, on whatever servers. */
const sharedNames = (apps: readonly WebApp[]): Problem[] =>
  pairs(
    apps.flatMap(({ name, domains, redirectFrom }) =>
      [...domains, ...redirectFrom].map((domain) => ({ name, domain })),
    ),
    (a, b) => a.name !== b.name && a.domain === b.domain,
  ).map(
    ({ first, second }) =>
      `apps.${second.name}.domains: "${second.domain}" belongs to apps.${first.name} at the balancer; name each domain once`,
  );

/** Names that lie in no zone, where the certificate is to be validated in zones. */
function strangeNames(
  { zones, certificate }: BalancerSettings,
  apps: readonly WebApp[],
): Problem[] {
  if (!zones || certificate) return [];
  const strange = apps.flatMap((app) =>
    namesOf(app)
      .filter((name) => isName(name) && zoneOf(name, zones) === undefined)
      .map(
        (name) =>
          `apps.${app.name}.domains: "${name}" lies in none of aws.balancer.zones; add its zone there, or give aws.balancer.certificate`,
      ),
  );
  const none = apps.length > 0 && !apps.some((app) => namesOf(app).some(isName));
  return none
    ? ['aws.balancer.zones: no app has a domain; give apps.NAME.domains, or leave zones out']
    : strange;
}

/** Seconds that a connection without a request, or a WebSocket in which nobody says anything, is kept. */
export const idleTime = (apps: readonly Pick<WebApp, 'timeout'>[]): number =>
  // 60 is what ELB has by default, 4000 the most that it takes.
  Math.min(4000, Math.max(60, ...apps.map(({ timeout }) => timeout)));

/**
 * A server with what the balancer in front of it brings: how it asks, and that it is the one that closes connections,
 * since it may send a request over one that nginx closes at this moment.
 */
export function behindBalancer(
  server: ServerConfig,
  { balancer }: Shared,
  apps: readonly AppConfig[],
): ServerConfig {
  if (!balancer) return server;
  const { interval, fall, rise } = balancer;
  const { nginx } = server;
  const keepalive = Math.max(nginx.keepalive ?? 0, idleTime(apps.filter(isWeb)) + 15);
  return { ...server, nginx: { ...nginx, keepalive, balancerChecks: { interval, fall, rise } } };
}
