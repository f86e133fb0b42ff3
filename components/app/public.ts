/** Public: where the world reaches an app that speaks TCP. */
import { z } from 'zod';
import { address, anyPort } from '../fields/index.ts';
import { pairs } from '../lib/pairs.ts';
import type { ServerConfig } from '../server/components.ts';
import { outgoingPorts } from '../server/kernel.ts';
import { appComponent, type Named } from './component.ts';

const fields = {
  public: z
    .union([anyPort, z.literal('each')])
    .describe(
      'Port at which nginx takes connections for all instances; or `each`: every instance listens on its own port on all interfaces, and finds as PUBLIC_ADDRESS where the world reaches it',
    ),
  publicHost: address
    .optional()
    .describe(
      'Name or address of the server in PUBLIC_ADDRESS, with `public: each`; default: its `address`',
    ),
};

type Public = Named<typeof fields>;

/** Whether the world reaches the instances themselves. */
export const isOpen = (app: { public?: Public['public'] }): boolean => app.public === 'each';

/** The address that an app finds as HOST: all interfaces where the world reaches it, else nginx alone. */
export const listensAt = (app: { public?: Public['public'] }): string =>
  isOpen(app) ? '0.0.0.0' : '127.0.0.1';

/** What stands before the port in PUBLIC_ADDRESS. */
export function publicHostOf(
  { publicHost }: Pick<Public, 'publicHost'>,
  { address }: Pick<ServerConfig, 'address'>,
): string {
  const host = publicHost ?? address;
  return host.includes(':') ? `[${host}]` : host;
}

type Asked = { name: string; public?: Public['public'] };
type Kept = { readonly app: Asked; readonly first: number; readonly last: number };

/** Public ports that somebody else has: another app, sshd, or nginx for its sites. */
export function takenPublicPorts(
  spans: readonly Kept[],
  server: ServerConfig | undefined,
): string[] {
  const all = spans.flatMap(({ app }) =>
    typeof app.public === 'number' ? [{ app, port: app.public }] : [],
  );
  const told = all.flatMap(({ app, port }) => {
    const span = spans.find(({ first, last }) => first <= port && port <= last);
    const why = span
      ? `is one of ${span.first} to ${span.last}, which apps.${span.app.name} keeps for its instances`
      : takenBy(port, server);
    return why === undefined ? [] : [`apps.${app.name}.public: ${port} ${why}; choose another one`];
  });
  const twice = pairs(all, (a, b) => a.port === b.port).map(
    ({ first, second }) =>
      `apps.${second.app.name}.public: ${second.port} is apps.${first.app.name}.public too; choose another one`,
  );
  return [...told, ...twice];
}

function takenBy(port: number, server: ServerConfig | undefined): string | undefined {
  if (port === 80 || port === 443) return 'is where nginx answers for sites';
  if (!server) return undefined;
  if (port === (server.port ?? 22)) return `is that of sshd on ${server.name}`;
  const closed = server.firewall === false ? [] : server.firewall.close;
  if (closed.includes(port)) return `is in firewall.close of ${server.name}`;
  const [low, high] = outgoingPorts(server);
  return low <= port && port <= high
    ? `is among ${low} to ${high}, which outgoing connections of ${server.name} use`
    : undefined;
}

export const publicly = appComponent({
  name: 'public',
  fields,
  rules: [
    {
      path: 'publicHost',
      error: 'is told to instances that the world reaches; add `public: each`, or leave it out',
      holds: (app) => isOpen(app) || app.publicHost === undefined,
    },
  ],
  conflicts: (apps, { server }) =>
    apps
      .filter((app) => isOpen(app) && app.publicHost === undefined)
      .filter(() => server?.address.endsWith('.invalid'))
      .map(
        ({ name }) =>
          `apps.${name}.publicHost: is missing; ${server?.name} gets its address only when it is made, so write the name that leads there`,
      ),
});
