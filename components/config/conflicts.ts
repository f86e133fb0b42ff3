/** Clashes: what each part of a stack file may say, and two of them together may not. */
import type { AppConfig } from '../app/app.ts';
import { variableOf } from '../app/environment.ts';
import type { Facts } from '../host/facts.ts';
import { sysctls } from '../server/kernel.ts';
import type { ServerConfig } from '../server/server.ts';
import type { Problem } from './problem.ts';

/** What has been read; parts that have problems of their own are left out. */
export type Parts = {
  servers: readonly ServerConfig[];
  apps: readonly AppConfig[];
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names of all apps, also of those that were left out. */
  names: readonly string[];
};

/** All clashes between servers, apps and secrets. */
export const clashes = (parts: Parts): Problem[] => [
  ...addressClashes(parts.servers),
  ...portClashes(parts.apps),
  ...parts.servers.flatMap((server) => outgoingPorts(server, parts.apps)),
  ...domainClashes(parts.apps),
  ...parts.apps.flatMap((app) => [...directoryClashes(app), ...urlClashes(app)]),
  ...parts.servers.flatMap((server) => userClashes(server, parts.apps)),
  ...secretClashes(parts),
];

/** Every later one of two things that agree in what may be there once. */
function pairs<T>(all: readonly T[], agree: (a: T, b: T) => boolean): { first: T; second: T }[] {
  return all.flatMap((second, index) => {
    const first = all.slice(0, index).find((earlier) => agree(earlier, second));
    return first === undefined ? [] : [{ first, second }];
  });
}

const addressClashes = (servers: readonly ServerConfig[]): Problem[] =>
  pairs(servers, (a, b) => a.address === b.address && a.port === b.port).map(
    ({ first, second }) =>
      `servers.${second.name}.address: "${second.address}" is the address of servers.${first.name}; name each server once`,
  );

/** Ports that are kept for an app whose instances follow the cores, while their number is not known. */
const portsForCores = 64;

type Span = { app: AppConfig; first: number; last: number };

function span(app: AppConfig, cores = portsForCores): Span {
  const known = app.listen === 'socket' ? 1 : app.instances;
  const count = known === 'cores' ? cores : known;
  return { app, first: app.port, last: app.port + count - 1 };
}

const portClashes = (apps: readonly AppConfig[], cores?: number): Problem[] =>
  pairs(
    apps.map((app) => span(app, cores)),
    (a, b) => a.first <= b.last && b.first <= a.last,
  ).map(
    ({ first, second }) =>
      `apps.${second.app.name}.port: ${second.first} and the ports after it meet ${first.first} to ${first.last}, which apps.${first.app.name} keeps for its instances; choose ${first.last + 1}, or set instances`,
  );

/**
 * Tells apart what only a host with more cores than were thought of brings to light.
 * @throws with all clashes of ports, when a server has so many.
 */
export function checkCores(
  apps: readonly AppConfig[],
  server: ServerConfig,
  { cores }: Pick<Facts, 'cores'>,
): void {
  if (cores <= portsForCores) return;
  const problems = [...portClashes(apps, cores), ...outgoingPorts(server, apps, cores)];
  if (problems.length > 0)
    throw new Error(`server ${server.name} has ${cores} cores:\n${problems.join('\n')}`);
}

/** A port from which outgoing connections start may be taken when an instance wants to listen. */
function outgoingPorts(
  server: ServerConfig,
  apps: readonly AppConfig[],
  cores?: number,
): Problem[] {
  const range = sysctls(server).find(({ key }) => key === 'net.ipv4.ip_local_port_range');
  const [low = 0, high = 0] = (range?.value ?? '').split(' ').map(Number);
  return apps
    .map((app) => span(app, cores))
    .filter(({ first, last }) => first <= high && low <= last)
    .map(
      ({ app, first }) =>
        `apps.${app.name}.port: ${first} and the ports after it meet ${low} to ${high}, which outgoing connections of ${server.name} use; choose a lower one, or set sysctl net.ipv4.ip_local_port_range`,
    );
}

function domainClashes(apps: readonly AppConfig[]): Problem[] {
  const all = apps.flatMap(({ name, domains }) =>
    domains.map((domain, index) => ({ name, domain, index })),
  );
  return pairs(all, (a, b) => a.domain === b.domain).map(
    ({ first, second }) =>
      `apps.${second.name}.domains.${second.index}: "${second.domain}" belongs to apps.${first.name}; name each domain once`,
  );
}

type Place = { at: string; name: string };

/** An app finds each of its directories by one variable, and private ones are not served. */
function directoryClashes({ name: app, uploads, data }: AppConfig): Problem[] {
  const served = Object.entries(uploads).map(([url, name]) => ({ at: `uploads.${url}`, name }));
  const all: Place[] = [...served, ...data.map((name, index) => ({ at: `data.${index}`, name }))];
  const twoPaths = (a: Place, b: Place) => a.name === b.name && b.at.startsWith('uploads.');
  return pairs(all, (a, b) => variableOf(a.name) === variableOf(b.name) && !twoPaths(a, b)).map(
    ({ first, second }) =>
      `apps.${app}.${second.at}: "${second.name}" is ${variableOf(second.name)} in the environment, as "${first.name}" of ${first.at} is; choose another name`,
  );
}

/** Of two things at one URL path nginx would serve one, or refuse both. */
function urlClashes({ name: app, uploads, static: files }: AppConfig): Problem[] {
  const all = Object.entries({ uploads, static: files }).flatMap(([setting, paths]) =>
    Object.keys(paths).map((url) => ({ at: `${setting}.${url}`, url: url.replace(/\/?$/, '/') })),
  );
  return pairs(all, (a, b) => a.url === b.url).map(
    ({ first, second }) =>
      `apps.${app}.${second.at}: is the URL path of ${first.at} too; keep one of them`,
  );
}

function userClashes(server: ServerConfig, apps: readonly AppConfig[]): Problem[] {
  const people = new Map([
    [server.user, 'the user who logs in'],
    ...(server.deploy ? [[server.deploy.name, 'the deploy user'] as const] : []),
  ]);
  return apps
    .filter(({ name }) => people.has(name))
    .map(
      ({ name }) =>
        `apps.${name}: "${name}" is ${people.get(name)} of ${server.name}, and an app has a user of its own name; rename the app`,
    );
}

function secretClashes({ apps, secrets, names }: Parts): Problem[] {
  const strangers = Object.keys(secrets).filter((name) => !names.includes(name));
  const twice = apps.flatMap(({ name, env }) =>
    Object.keys(secrets[name] ?? {})
      .filter((variable) => variable in env)
      .map((variable) => ({ name, variable })),
  );
  return [
    ...strangers.map(
      (name) => `secrets.${name}: there is no app ${name}; remove it, or name an app`,
    ),
    ...twice.map(
      ({ name, variable }) =>
        `secrets.${name}.${variable}: is given in apps.${name}.env too; remove one of them`,
    ),
  ];
}
