/** Ports: where the instances of an app listen, and how many there are. */
import { z } from 'zod';
import { integer, port } from '../fields/index.ts';
import { refusedPorts } from '../fields/refused-ports.ts';
import type { Facts } from '../host/facts.ts';
import { pairs } from '../lib/pairs.ts';
import { outgoingPorts } from '../server/kernel.ts';
import { appComponent, type Named, type Neighbours } from './component.ts';
import { listensAt, takenPublicPorts } from './public.ts';

/** As many as one app may have after it are none that fetch or browsers refuse. */
const defaultPort = 3700;
/** Where apps listened by default before, the first of them at a port that fetch refuses. */
const formerPort = 4190;

const fields = {
  instances: z
    .union([z.literal('cores'), integer(1, 256)])
    .prefault('cores')
    .describe(
      'Number of instances; `cores`: one for each core, and at least two. With 1 each release costs seconds in which nobody answers',
    ),
  port: port.prefault(defaultPort).describe('Port of the first instance; the others follow'),
  listen: z
    .enum(['port', 'socket'])
    .prefault('port')
    .describe(
      'How the app gets its port: listens on PORT itself, or finds the open socket as file descriptor 3 (one instance)',
    ),
};

export type Listening = Named<typeof fields>;
type Asking = Listening & {
  type: string;
  env: Readonly<Record<string, string>>;
  public?: number | 'each';
};

/** The ports of all instances: one for each core but at least two, unless the stack file says how many. */
export function portsOf(app: Omit<Listening, 'name'>, { cores }: Pick<Facts, 'cores'>): number[] {
  if (app.listen === 'socket') return [app.port];
  const count = app.instances === 'cores' ? Math.max(2, cores) : app.instances;
  return Array.from({ length: count }, (_, index) => app.port + index);
}

export const ports = appComponent({
  name: 'ports',
  fields,
  rules: [
    {
      path: 'instances',
      error: 'is too many for `listen: socket`, which serves one instance; leave it out',
      holds: ({ listen, instances }) =>
        listen !== 'socket' || instances === 'cores' || instances === 1,
    },
  ],
  variables: (app: Asking) => ({ HOST: listensAt(app) }),
  conflicts: (apps: readonly Asking[], neighbours) => {
    const spans = apps.map((app) => span(app, neighbours));
    return [
      ...meetings(spans),
      ...outgoing(spans, neighbours),
      ...takenPublicPorts(spans, neighbours.server),
      ...apps.filter(isAskedByFetch).flatMap((app) => refused(app, neighbours)),
      ...apps.flatMap((app) => askedWhereNobodyIs(app, spans)),
    ];
  },
  notes: (app: Asking) =>
    app.port === defaultPort
      ? [
          {
            ...{ part: 'site', item: `instances ${app.name}`, keys: ['running'] },
            from: String(formerPort),
            text: `${app.name} moves from ${formerPort} to ${defaultPort}, once: fetch and browsers refuse port ${formerPort}, so that an app there cannot ask itself`,
          },
        ]
      : [],
});

const isAskedByFetch = ({ type }: Asking): boolean => type === 'web';

/** Of an app with many instances one may come upon such a port. */
function refused(app: Listening, { cores = 0 }: Pick<Neighbours, 'cores'>): string[] {
  const all = portsOf(app, { cores });
  const [bad] = all.filter((port) => refusedPorts.has(port));
  if (bad === undefined) return [];
  const isFree = (first: number) => all.every((_, index) => !refusedPorts.has(first + index));
  let free = bad + 1;
  while (!isFree(free)) free++;
  return [
    `apps.${app.name}.port: ${app.port} and the ${all.length - 1} after it meet ${bad}, which fetch and browsers refuse; choose ${free}, or another one`,
  ];
}

/** Who asks an app past nginx has its port written down, and it may be the one of before. */
function askedWhereNobodyIs({ name, env }: Asking, spans: readonly Span[]): string[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    const found =
      /(?:([a-z][a-z0-9+.-]*):\/\/(?:[^/@]*@)?)?(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)/i;
    const [, scheme = 'http', port = 0] = found.exec(value) ?? [];
    const at = Number(port);
    const isFormer = at >= formerPort && at < formerPort + portsForCores;
    // What else listens there, such as ManageSieve, is no app.
    const isWeb = /^(?:https?|wss?)$/i.test(scheme);
    const isThere = spans.some(({ first, last }) => first <= at && at <= last);
    if (!isFormer || !isWeb || isThere) return [];
    return [
      `apps.${name}.env.${variable}: asks port ${at}, where apps listened by default before; that is ${defaultPort} and the ports after it now, since fetch refuses ${formerPort}; write ${at - formerPort + defaultPort}, or for what is no app its scheme, such as sieve://`,
    ];
  });
}

/** Ports that are kept for an app whose instances follow the cores, while their number is not known. */
const portsForCores = 64;

type Span = { app: Asking; first: number; last: number };

function span(app: Asking, { cores = 0 }: Pick<Neighbours, 'cores'>): Span {
  const count = portsOf(app, { cores: Math.max(cores, portsForCores) }).length;
  return { app, first: app.port, last: app.port + count - 1 };
}

/** The ports at which the world asks for an app, where there are any beside those of nginx's sites. */
export function publicPorts(app: Asking): { first: number; last: number } | undefined {
  if (app.public === undefined) return undefined;
  if (app.public !== 'each') return { first: app.public, last: app.public };
  const { first, last } = span(app, {});
  return { first, last };
}

const meetings = (spans: readonly Span[]): string[] =>
  pairs(spans, (a, b) => a.first <= b.last && b.first <= a.last).map(
    ({ first, second }) =>
      `apps.${second.app.name}.port: ${second.first} and the ports after it meet ${first.first} to ${first.last}, which apps.${first.app.name} keeps for its instances; choose ${first.last + 1}, or set instances`,
  );

/** A port from which outgoing connections start may be taken when an instance wants to listen. */
function outgoing(spans: readonly Span[], { server }: Pick<Neighbours, 'server'>): string[] {
  if (!server) return [];
  const [low, high] = outgoingPorts(server);
  return spans
    .filter(({ first, last }) => first <= high && low <= last)
    .map(
      ({ app, first }) =>
        `apps.${app.name}.port: ${first} and the ports after it meet ${low} to ${high}, which outgoing connections of ${server.name} use; choose a lower one, or set sysctl net.ipv4.ip_local_port_range`,
    );
}
