/** nginx itself: package, main file, limits, logs, and a default server that answers nobody. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { absent, aptPackage, directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';
import { rotations } from './logrotate.ts';

const nginxSchema = z
  .strictObject({
    connections: field
      .integer(512, 65535)
      .prefault(4096)
      .describe('Connections that each nginx worker may hold, those to the apps included'),
    headerSize: z
      .enum(['16K', '32K', '64K', '128K', '256K'])
      .prefault('16K')
      .describe(
        'Most that the headers of a request, its URL included, or of an answer may have; Node.js itself takes 16K, and more with --max-http-header-size in `nodeArgs`',
      ),
    logs: field.integer(1, 3650).prefault(14).describe('Days for which nginx’s logs are kept'),
    accessLog: z
      .enum(['text', 'json', 'off'])
      .prefault('text')
      .describe(
        'A line of each request, with its time and the instance that answered: as text, as `json`, or none',
      ),
    balancers: z
      .array(field.network)
      .prefault([])
      .describe('Load balancers in front of nginx, whose word for the client’s address is taken'),
    balancerChecks: z
      .strictObject({
        interval: field.duration('1s', '5m').describe('Time between two checks'),
        fall: field
          .integer(1, 100)
          .describe('Checks that must fail before no more requests are sent here'),
        rise: field.integer(1, 100).describe('Checks that must succeed before requests come again'),
      })
      .optional()
      .describe(
        'How `balancers` ask for /keelson-health/APP, as they are set: with it a rollout takes its server out of them first, and waits until they have noticed; default: they are not told',
      ),
    keepalive: field
      .duration('1s', '2h')
      .optional()
      .describe(
        'Time that a connection without a request is kept; longer than that of the load balancers in front, which may send one just when nginx closes it; default: nginx’s own, 75s',
      ),
    sandbox: z
      .boolean()
      .prefault(true)
      .describe(
        '`false` leaves nginx free to do anything on the host, for modules or sites of one’s own that need more; either counts from its next start on',
      ),
  })
  .refine(({ balancers, balancerChecks }) => !balancerChecks || balancers.length > 0, {
    path: ['balancerChecks'],
    error: 'is told of no load balancer; name those that ask in `balancers`',
  })
  .describe('Settings of nginx that hold for all sites');

type BalancerChecks = NonNullable<z.output<typeof nginxSchema>['balancerChecks']>;

/** Seconds for a check that is on its way when something changes, and for what follows from its answer. */
const onItsWay = 2;

/**
 * Seconds after which load balancers have noticed that a server leaves, and that it is there again.
 *
 * @example noticedIn({ interval: 10, fall: 2, rise: 3 }) // { leave: 22, rejoin: 32 }
 */
export const noticedIn = ({ interval, fall, rise }: BalancerChecks) => ({
  leave: interval * fall + onItsWay,
  rejoin: interval * rise + onItsWay,
});

/** Where each app has a file for its site, which nothing else may lie in. */
export const sites = '/etc/nginx/keelson.d';

/** Where certificates and keys of sites lie, in a directory of each; root's alone. */
export const certificates = '/etc/keelson/tls';

/** Cache-Control of a file whose name changes with what it holds. */
export const forGood = 'max-age=31536000, immutable';

/** In KiB, what nginx gives to headers of this size: beside them there are first lines, and ends of lines. */
export function headerBuffers({ headerSize }: { headerSize: string }) {
  const size = Number.parseInt(headerSize, 10);
  // Of eight such parts those but one must hold more than the headers.
  return { headerBuffer: size + 4, bodyBuffer: size / 4 };
}

const dropins = '/etc/systemd/system/nginx.service.d';
const check = { check: 'nginx' } as const;

const fields = { nginx: nginxSchema.prefault({}) };

/** `acme`: authorities ask any site for names, where there is any. */
type Given = { nginx: z.output<typeof nginxSchema>; acme?: unknown };

export const nginx = serverComponent({
  name: 'nginx',
  fields,
  render: ({ nginx, acme }: Given, { facts: { cores } }) => {
    const { connections, logs, accessLog, balancers, balancerChecks, keepalive, sandbox } = nginx;
    // Two for each connection that is passed on, two for a file that is served meanwhile.
    const files = connections * 4;
    const balanced = balancers.length > 0;
    const checked = balancerChecks !== undefined;
    const challenged = acme !== undefined;
    const main = {
      ...{ ...headerBuffers(nginx), cores, connections, files, balancers, balanced },
      ...{ accessLog: accessLog !== 'off', jsonLog: accessLog === 'json' },
      ...{ kept: keepalive === undefined ? [] : [keepalive], forGood },
    };
    return {
      base: [
        aptPackage('nginx'),
        directory(dropins),
        file(`${dropins}/keelson.conf`, template('nginx/service.conf', { files, sandbox })),
        file('/etc/nginx/nginx.conf', template('nginx/nginx.conf', main), check),
        absent('/etc/nginx/sites-enabled/default'),
        directory(sites, { whole: true }),
        file(
          `${sites}/0-default.conf`,
          template('nginx/default.conf', { checked, challenged }),
          check,
        ),
        file('/etc/logrotate.d/nginx', template('nginx/logrotate', rotations(logs)), {
          check: 'logrotate',
        }),
        unit('nginx.service', {
          enabled: 'enabled',
          active: 'active',
          change: 'reload',
          config: `/etc/nginx ${certificates}`,
          port: 80,
        }),
      ],
    };
  },
});
