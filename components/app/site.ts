/** The site of an app: its upstream and server in nginx, and a directory for what people add. */
import { z } from 'zod';
import { duration, integer, plainText, size } from '../fields/index.ts';
import { isByAcme, type TlsGiven, tlsOf } from '../fields/tls.ts';
import { directory, file } from '../host/kinds.ts';
import { pairs } from '../lib/pairs.ts';
import { template } from '../lib/template.ts';
import type { ServerConfig } from '../server/components.ts';
import { headerBuffers, sites } from '../server/nginx.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { namesOf } from './domains.ts';
import { forwardsOf } from './forwards.ts';
import { type Headers, headersBeside, headersOf } from './headers.ts';
import { placeOf } from './places.ts';
import { redirectsOf } from './redirects.ts';
import { cacheControl, keptAt, longestFirst, staticLocations, withSlash } from './static.ts';
import { stickyOf } from './sticky.ts';
import { home } from './user.ts';

/** What every site may say, whoever answers for it. */
export const siteFields = {
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

const fields = {
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
  ...siteFields,
};

type Site = Named<typeof fields> & {
  domains: readonly string[];
  health: string;
  uploads: Record<string, string>;
  static: Record<string, string>;
  cache: Parameters<typeof staticLocations>[0]['cache'];
  linked: readonly string[];
  scratch: readonly string[];
  places?: Record<string, string>;
  headers: Parameters<typeof headersOf>[0];
  sticky?: Parameters<typeof stickyOf>[0]['sticky'];
  redirects: Record<string, string>;
  redirectFrom: string[];
  forwards: string[];
  tls?: TlsGiven;
};

type Context = Pick<AppContext, 'instances'> & {
  server: Pick<ServerConfig, 'nginx'> & { acme?: unknown };
};

export const site = appComponent({
  name: 'site',
  fields,
  render: (app: Site, context: Context) => ({
    site: [
      directory(`${sites}/${app.name}`, { theirs: true }),
      file(`${sites}/${app.name}.conf`, conf(app, context), {
        check: 'nginx',
        serves: app.domains,
      }),
    ],
    // nginx refuses a second default server: another site that was it gives it up first.
    last: namesOf(app).default ? ['site'] : [],
  }),
  conflicts: (apps) => apps.flatMap(urlConflicts),
});

/** Whom requests are sent to, and what becomes of them before. */
function conf(app: Site, context: Context): string {
  const filled = view(app, context);
  return template('nginx/upstream.conf', filled) + template('nginx/site.conf', filled);
}

/** What the templates of a site are filled with. */
function view(given: Site, { instances: ports, server }: Context) {
  const tls = tlsOf(given.tls, server.acme);
  const app = { ...given, headers: headersOf(given.headers, tls) };
  // Asked with a query or without, a health check goes to one location.
  const [probe = '/'] = app.health.split('?');
  return {
    ...app,
    ...namesOf(app),
    ...redirectsOf(app),
    ...closing(app),
    ...forwardsOf(app),
    ...headerBuffers(server.nginx),
    ...stickyOf(app),
    headers: headersBeside(app.headers),
    closedHeaders: headersBeside(app.headers, 'retry-after', 'cache-control'),
    ports,
    challenged: isByAcme(tls),
    checked: server.nginx.balancerChecks !== undefined,
    accessLog: server.nginx.accessLog !== 'off',
    limited: app.rateLimit !== undefined,
    // nginx knows no burst of 0, which is what it has without one.
    burst: app.rateLimit?.burst ?? 0,
    probe,
    probed: probe !== '/',
    public: `${home(app)}/public`,
    hasStatic: Object.keys(app.static).length > 0,
    static: staticLocations(app),
    uploads: longestFirst(app.uploads).map(([url, path]) => uploadLocation(app, url, path)),
  };
}

function uploadLocation(
  app: Omit<Site, 'headers'> & { headers: Headers },
  url: string,
  path: string,
) {
  const kept = keptAt(app, url);
  const own = ['x-content-type-options', 'content-security-policy'];
  return {
    url: withSlash(url),
    directory: placeOf(app, path),
    cache: kept === undefined ? '' : cacheControl(kept),
    uploadHeaders: headersBeside(app.headers, ...own, ...(kept ? ['cache-control'] : [])),
  };
}

/** The page that a site shows while it is closed. */
export const closing = ({ maintenance }: { maintenance: string | boolean }) => ({
  closed: maintenance !== false,
  page: page(maintenance),
});

function page(maintenance: string | boolean): string {
  const message =
    typeof maintenance === 'string'
      ? maintenance
      : 'We are working on this site and will be back soon.';
  return template('nginx/maintenance.html', { message });
}

/** Of two things at one URL path nginx would serve one, or refuse both. */
function urlConflicts({ name, uploads, static: files }: Site): string[] {
  const all = Object.entries({ uploads, static: files }).flatMap(([setting, paths]) =>
    Object.keys(paths).map((url) => ({ at: `${setting}.${url}`, url: withSlash(url) })),
  );
  return pairs(all, (a, b) => a.url === b.url).map(
    ({ first, second }) =>
      `apps.${name}.${second.at}: is the URL path of ${first.at} too; keep one of them`,
  );
}
