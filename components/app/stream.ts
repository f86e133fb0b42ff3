/**
 * Stream: how nginx passes TCP connections on to the instances of an app.
 *
 * What nginx needs for it beside sites comes with the first such app: its module, a package of Debian's, and a file among
 * those of modules, which nginx.conf reads at its top level; so that file stays as it is. The lines go with the last app.
 */
import { z } from 'zod';
import { duration } from '../fields/index.ts';
import { aptPackage, directory, file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { filterFolder } from '../server/filter.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { isOpen } from './public.ts';

const fields = {
  proxyProtocol: z
    .boolean()
    .optional()
    .describe(
      'Tells the app the client’s address in a first line of each connection, by version 1 of the PROXY protocol; default: false',
    ),
  sticky: z
    .enum(['address'])
    .optional()
    .describe(
      'Sends all connections of a client’s `address` to the same instance; default: each goes to the instance with the fewest',
    ),
  idle: duration('1s', '30d')
    .optional()
    .describe(
      'Time without a byte in either direction after which nginx ends a connection; default: nginx’s own, 10m',
    ),
};

type Stream = Named<typeof fields> & { public: number | 'each' };

/** Where each app has a file for its port, which nothing else may lie in. */
export const streams = '/etc/nginx/keelson-stream.d';

const check = { check: 'nginx' } as const;

const settings = ['proxyProtocol', 'sticky', 'idle'] as const;

export const stream = appComponent({
  name: 'stream',
  fields,
  rules: settings.map((path) => ({
    path,
    error: 'is a setting of nginx, which does not stand before `public: each`; leave it out',
    holds: (app: Partial<Stream>) => !isOpen(app) || app[path] === undefined,
  })),
  render: (app: Stream, { instances }: Pick<AppContext, 'instances'>) =>
    isOpen(app)
      ? {}
      : {
          base: [aptPackage('libnginx-mod-stream')],
          site: [
            directory(streams, { whole: true }),
            file('/etc/nginx/modules-enabled/90-keelson-stream.conf', block(), check),
            file(`${streams}/${app.name}.conf`, conf(app, instances), {
              ...check,
              port: Number(app.public),
              serves: [`:${app.public}`],
            }),
            file(`${filterFolder}/app-${app.name}.public.nft`, opening(app), { check: 'filter' }),
          ],
        },
});

const block = (): string => template('nginx/stream-block.conf', { streams });

const opening = ({ name, public: port }: Stream): string =>
  template('app/public.nft', { name, port });

const conf = ({ idle, ...app }: Stream, ports: readonly number[]): string =>
  template('nginx/stream.conf', {
    ...{ name: app.name, port: app.public, ports },
    ...{ sticky: app.sticky === 'address', proxied: app.proxyProtocol === true },
    idle: idle === undefined ? [] : [idle],
  });
