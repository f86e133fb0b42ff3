/** nginx: what holds for the whole server, and the site of each app. */
import { z } from 'zod';
import { kept } from '../app/logs.ts';
import { home } from '../app/user.ts';
import {
  domain,
  duration,
  integer,
  plainText,
  relativePath,
  size,
  urlPath,
} from '../fields/index.ts';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { absent, aptPackage, directory, file, unit } from '../host/kinds.ts';
import type { Manifest } from '../host/manifest.ts';
import { template } from '../lib/template.ts';
import type { ServerConfig } from './server.ts';

const folder = '/etc/nginx/keelson.d';

export const siteFields = {
  domains: z
    .array(domain)
    .min(1, 'is empty; give at least one domain, or `default` for whoever asks')
    .describe('Names that the site answers to; `default`: whoever asks for no other site’s name'),
  static: z
    .record(urlPath, relativePath.describe('Directory of the release, such as dist/assets'))
    .prefault({})
    .describe(
      'Directories of the release that nginx serves itself, by URL path; misses go to the app',
    ),
  bodySize: size
    .prefault('10M')
    .describe('Largest request body; a larger one is answered with 413'),
  timeout: duration('1s', '1d')
    .prefault('60s')
    .describe('Time that the app may be silent within a request before nginx gives up with 504'),
  buffering: z
    .boolean()
    .prefault(true)
    .describe(
      '`false` hands every byte on at once, for server-sent events; or let the app answer with X-Accel-Buffering: no',
    ),
  gzip: z.boolean().prefault(true).describe('Compress text before it is sent'),
  rateLimit: z
    .strictObject({
      requests: integer(1, 10000).describe('Requests a second that one address may make'),
      burst: integer(0, 100000)
        .prefault(50)
        .describe('Requests above that which are let through at once; further ones get 429'),
    })
    .optional()
    .describe(
      'Limit of requests per client address; static files are free, and a `health` path other than / may be asked for 10 times a second',
    ),
  maintenance: z
    .union([z.boolean(), plainText])
    .prefault(false)
    .describe(
      '`true` or a message: whatever is asked for gets a page and 503, but a `health` path other than / reaches the app',
    ),
};

export type Sited = z.output<z.ZodObject<typeof siteFields>> & {
  name: string;
  health: string;
  uploads: Record<string, string>;
};

/** nginx itself: package, main file, limits, logs, and a default server that answers nobody. */
export function renderNginx(
  server: Pick<ServerConfig, 'nginx'>,
  { cores }: Pick<Facts, 'cores'>,
): Manifest[] {
  const { connections, logs, balancers } = server.nginx;
  // Two for each connection that is passed on, two for a file that is served meanwhile.
  const files = connections * 4;
  const dropin = '/etc/systemd/system/nginx.service.d/keelson.conf';
  const main = { cores, connections, files, balancers, balanced: balancers.length > 0 };
  const nginx = { check: 'nginx' } as const;
  const items = [
    directory('/etc/systemd/system/nginx.service.d'),
    file(dropin, template('nginx/service.conf', { files })),
    file('/etc/nginx/nginx.conf', template('nginx/nginx.conf', main), nginx),
    absent('/etc/nginx/sites-enabled/default'),
    directory(folder, { whole: true }),
    file(`${folder}/0-default.conf`, template('nginx/default.conf', {}), nginx),
    file('/etc/logrotate.d/nginx', template('nginx/logrotate', kept(logs)), {
      check: 'logrotate',
    }),
    unit('nginx.service', {
      enabled: 'enabled',
      active: 'active',
      dropins: [dropin],
      change: 'reload',
      config: '/etc/nginx',
    }),
  ];
  return [
    { name: 'base', after: [], items: [aptPackage('nginx')] },
    { name: 'nginx', after: ['base'], items },
  ];
}

/** The site of an app: its upstream and server, and a directory for what others add. */
export function renderSite(app: Sited, ports: readonly number[]): Item[] {
  const { name, maintenance, rateLimit } = app;
  // Asked with a query or without, a health check goes to one location.
  const [probe = '/'] = app.health.split('?');
  const view = {
    ...app,
    ports,
    ...names(app.domains),
    limited: rateLimit !== undefined,
    probe,
    probed: probe !== '/',
    closed: maintenance !== false,
    page: page(maintenance),
    public: `${home(app)}/public`,
    hasStatic: Object.keys(app.static).length > 0,
    static: locations(app.static).map(([url, path]) => ({
      pattern: literal(url),
      directory: path,
    })),
    uploads: locations(app.uploads).map(([url, path]) => ({
      url,
      directory: `${home(app)}/${path}`,
    })),
  };
  return [
    directory(folder, { whole: true }),
    directory(`${folder}/${name}`, { whole: true }),
    file(`${folder}/${name}.conf`, template('nginx/site.conf', view), { check: 'nginx' }),
  ];
}

/** The longest URL paths first, since the first pattern that fits is taken; each ends in a slash. */
const locations = (paths: Record<string, string>): [string, string][] =>
  Object.entries(paths)
    .map(([url, path]): [string, string] => [url.replace(/\/?$/, '/'), path])
    .sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));

const literal = (url: string): string => url.replace(/[.+]/g, '\\$&');

const names = (domains: readonly string[]) => ({
  default: domains.includes('default'),
  // A server without a name of its own has one that nobody can ask for.
  names: domains.filter((domain) => domain !== 'default').join(' ') || '_',
});

function page(maintenance: string | boolean): string {
  const message =
    typeof maintenance === 'string'
      ? maintenance
      : 'We are working on this site and will be back soon.';
  return template('nginx/maintenance.html', { message });
}
