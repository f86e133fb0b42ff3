/** Pages: the files of a release that are a site by themselves, which nginx serves. No process, no port. */
import { z } from 'zod';
import { relativePath } from '../fields/index.ts';
import { isByAcme, type TlsGiven, tlsOf, toldSecrets } from '../fields/tls.ts';
import { urlPath } from '../fields/urls.ts';
import { aptPackage, directory, file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import type { ServerConfig } from '../server/components.ts';
import { sites } from '../server/nginx.ts';
import { appComponent, type Named } from './component.ts';
import { namesOf } from './domains.ts';
import { type Headers, headersBeside, headersOf } from './headers.ts';
import { redirectsOf } from './redirects.ts';
import { closing, siteFields } from './site.ts';
import { cachedBy, cacheTime, longestFirst } from './static.ts';
import { home } from './user.ts';

const fields = {
  root: relativePath
    .optional()
    .describe('Directory of the release that is served, such as dist; default: all of it'),
  fallback: relativePath
    .optional()
    .describe(
      'File below `root` that answers, with 200, for each page that is not there: index.html of a single-page app',
    ),
  notFound: relativePath
    .optional()
    .describe(
      'File below `root` that is the page for what is not there, with 404; default: 404.html where the release has one',
    ),
  cache: z
    .record(urlPath, cacheTime)
    .prefault({})
    .describe(
      'How long browsers keep files without asking, by URL path: a time such as 1d, immutable, no-cache or no-store; default: a file with a hash in its name for good, others ask each time whether theirs is the newest',
    ),
  gzip: siteFields.gzip,
  rateLimit: siteFields.rateLimit.describe('Limit of requests per client address'),
  maintenance: siteFields.maintenance.describe(
    '`true` or a message: whatever is asked for gets a page and 503',
  ),
};

type Pages = Named<typeof fields> & {
  domains: readonly string[];
  headers: Parameters<typeof headersOf>[0];
  redirects: Record<string, string>;
  redirectFrom: string[];
  tls?: TlsGiven;
};

type Context = { server: Pick<ServerConfig, 'nginx'> & { acme?: unknown } };

/** The files that a site cannot be without, as paths in its release. */
export const neededFiles = ({
  root,
  fallback,
  notFound,
}: Pick<Pages, 'root' | 'fallback' | 'notFound'>): string[] =>
  [...new Set(['index.html', fallback ?? [], notFound ?? []].flat())].map((path) =>
    root === undefined ? path : `${root}/${path}`,
  );

/** Paths of the site, the whole of it among them, and how long browsers keep what lies there. */
function placesOf({ cache, headers }: Pick<Pages, 'cache'> & { headers: Headers }) {
  const whole = { '/': undefined, ...cache };
  return longestFirst<(typeof cache)[string] | undefined>(whole).map(([url, kept], number) => ({
    number,
    // Of a path without a slash at its end it may be one file, or a directory.
    paths: url.endsWith('/') ? [url] : [`= ${url}`, `${url}/`],
    forGood: kept === 'immutable',
    ...cachedBy({ headers }, kept),
  }));
}

function view(given: Pages, { server }: Context) {
  const tls = tlsOf(given.tls, server.acme);
  const app = { ...given, headers: headersOf(given.headers, tls) };
  return {
    ...app,
    ...namesOf(app),
    ...redirectsOf(app),
    ...closing(app),
    headers: headersBeside(app.headers),
    closedHeaders: headersBeside(app.headers, 'retry-after', 'cache-control'),
    challenged: isByAcme(tls),
    checked: server.nginx.balancerChecks !== undefined,
    accessLog: server.nginx.accessLog !== 'off',
    limited: app.rateLimit !== undefined,
    burst: app.rateLimit?.burst ?? 0,
    home: home(app),
    directory: app.root === undefined ? '' : `/${app.root}`,
    fallback: app.fallback ?? '',
    notFound: app.notFound ?? '404.html',
    places: placesOf(app),
  };
}

export const pages = appComponent({
  name: 'pages',
  fields,
  rules: [
    {
      path: 'notFound',
      error: 'is never shown beside fallback, which answers for it; keep one of them',
      holds: ({ fallback, notFound }) => fallback === undefined || notFound === undefined,
    },
  ],
  conflicts: (apps: readonly Pages[], { secrets }) =>
    apps
      .filter(({ name, tls }) => Object.keys(toldSecrets(tls, secrets[name] ?? {})).length > 0)
      .map(
        ({ name }) =>
          `secrets.${name}: nothing runs in a static site that could read them; remove them`,
      ),
  render: (app: Pages, context: Context) => {
    const filled = view(app, context);
    const conf = (name: string) => template(`nginx/${name}`, filled);
    const check = { check: 'nginx' } as const;
    return {
      // A rollout asks nginx for the site.
      base: [aptPackage('curl')],
      site: [
        directory(`${sites}/${app.name}`, { theirs: true }),
        file(`${sites}/${app.name}.conf`, conf('pages.conf'), { ...check, serves: app.domains }),
        ...(filled.checked
          ? [file(`${sites}/${app.name}.health`, conf('pages-health.conf'), check)]
          : []),
      ],
      // nginx refuses a second default server: another site that was it gives it up first.
      last: filled.default ? (['site'] as const) : [],
    };
  },
});
