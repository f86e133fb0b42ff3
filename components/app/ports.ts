/** Ports: where the instances of an app listen, and how many there are. */
import { z } from 'zod';
import { integer, port } from '../fields/index.ts';
import type { Facts } from '../host/facts.ts';
import { pairs } from '../lib/pairs.ts';
import { sysctls } from '../server/kernel.ts';
import { appComponent, type Named, type Neighbours } from './component.ts';

const fields = {
  instances: z
    .union([z.literal('cores'), integer(1, 256)])
    .prefault('cores')
    .describe(
      'Number of instances; `cores`: one for each core, and at least two. With 1 each release costs seconds in which nobody answers',
    ),
  port: port.prefault(4190).describe('Port of the first instance; the others follow'),
  listen: z
    .enum(['port', 'socket'])
    .prefault('port')
    .describe(
      'How the app gets its port: listens on PORT itself, or finds the open socket as file descriptor 3 (one instance)',
    ),
};

export type Listening = Named<typeof fields>;

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
  // Instances are reached through nginx alone.
  variables: () => ({ HOST: '127.0.0.1' }),
  conflicts: (apps, neighbours) => {
    const spans = apps.map((app) => span(app, neighbours));
    return [...meetings(spans), ...outgoing(spans, neighbours)];
  },
});

/** Ports that are kept for an app whose instances follow the cores, while their number is not known. */
const portsForCores = 64;

type Span = { app: Listening; first: number; last: number };

function span(app: Listening, { cores = 0 }: Pick<Neighbours, 'cores'>): Span {
  const count = portsOf(app, { cores: Math.max(cores, portsForCores) }).length;
  return { app, first: app.port, last: app.port + count - 1 };
}

const meetings = (spans: readonly Span[]): string[] =>
  pairs(spans, (a, b) => a.first <= b.last && b.first <= a.last).map(
    ({ first, second }) =>
      `apps.${second.app.name}.port: ${second.first} and the ports after it meet ${first.first} to ${first.last}, which apps.${first.app.name} keeps for its instances; choose ${first.last + 1}, or set instances`,
  );

/** A port from which outgoing connections start may be taken when an instance wants to listen. */
function outgoing(spans: readonly Span[], { server }: Pick<Neighbours, 'server'>): string[] {
  if (!server) return [];
  const range = sysctls(server).find(({ key }) => key === 'net.ipv4.ip_local_port_range');
  const [low = 0, high = 0] = (range?.value ?? '').split(' ').map(Number);
  return spans
    .filter(({ first, last }) => first <= high && low <= last)
    .map(
      ({ app, first }) =>
        `apps.${app.name}.port: ${first} and the ports after it meet ${low} to ${high}, which outgoing connections of ${server.name} use; choose a lower one, or set sysctl net.ipv4.ip_local_port_range`,
    );
}
