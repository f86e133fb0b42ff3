/** Static files of a release that nginx serves itself, and how long browsers keep them. */
import { z } from 'zod';
import { duration, relativePath, urlPath } from '../fields/index.ts';
import { matching } from '../fields/matching.ts';
import { forGood } from '../server/nginx.ts';
import { appComponent, type Named } from './component.ts';
import { type Headers, headersBeside } from './headers.ts';

const words = ['immutable', 'no-cache', 'no-store'];
const time = duration('1s', '365d');

/** Seconds, or a word of Cache-Control's. */
export const cacheTime = matching(
  /^(?:immutable|no-cache|no-store|[1-9][0-9]{0,5}[smhd])$/,
  'is no time for which browsers may keep a file; write one such as 1d, or immutable, no-cache or no-store',
)
  .refine((given) => !/^[0-9]+.$/.test(given) || time.safeParse(given).success, {
    error: 'is longer than 365d; choose 1s to 365d, or immutable',
  })
  .transform((given) => (words.includes(given) ? given : time.parse(given)))
  .describe('A time such as 1d, `immutable`, `no-cache` (ask each time) or `no-store`');

const fields = {
  static: z
    .record(urlPath, relativePath.describe('Directory of the release, such as dist/assets'))
    .prefault({})
    .describe(
      'Directories of the release that nginx serves itself, by URL path; misses go to the app',
    ),
  cache: z
    .record(urlPath, cacheTime)
    .prefault({})
    .describe(
      'How long browsers keep files of `static` and `uploads` without asking, by URL path; default: a static file with a hash in its name for good, others ask each time whether theirs is the newest',
    ),
};

type Static = Named<typeof fields> & {
  linked: readonly string[];
  scratch: readonly string[];
  uploads: Readonly<Record<string, string>>;
};

type Kept = Static['cache'][string];

/** The value of Cache-Control. */
export function cacheControl(kept: Kept): string {
  if (typeof kept === 'number') return `max-age=${kept}`;
  return kept === 'immutable' ? forGood : kept;
}

export const withSlash = (url: string): string => url.replace(/\/?$/, '/');

/** The longest URL paths first, since the first pattern that fits is taken. */
export const longestFirst = <T>(paths: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(paths).sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));

/** The static directory that holds what is asked for at a URL path, with its own. */
const directoryOf = (app: Pick<Static, 'static'>, url: string): [string, string] | undefined =>
  longestFirst(app.static).find(([above]) => withSlash(url).startsWith(withSlash(above)));

/** The path of uploads that has it, before all static files; the longest, as nginx has it. */
const uploadOf = ({ uploads }: Pick<Static, 'uploads'>, url: string): string | undefined =>
  longestFirst(uploads).find(([above]) => withSlash(url).startsWith(withSlash(above)))?.[0];

/** How long files at exactly this URL path are kept, where the stack file says so. */
export const keptAt = ({ cache }: Pick<Static, 'cache'>, url: string): Kept | undefined =>
  Object.entries(cache).find(([given]) => withSlash(given) === withSlash(url))?.[1];

/** URL paths of what the app itself writes in a static directory, which nginx may not read. */
const writtenUrls = (app: Pick<Static, 'static' | 'linked' | 'scratch'>): string[] =>
  Object.entries(app.static).flatMap(([url, directory]) =>
    [...app.linked, ...app.scratch]
      .filter((path) => path.startsWith(`${directory}/`))
      .map((path) => `${withSlash(url)}${path.slice(directory.length + 1)}`),
  );

/** Where nginx finds which files, for the template of the site. */
export function staticLocations(app: Omit<Static, 'name'> & { headers: Headers }) {
  const directories = Object.entries(app.static).map(([url, directory]) => ({
    ...{ url: withSlash(url), path: `${directory}/$file`, pattern: `(?<file>.*[^/])` },
    kept: keptAt(app, url),
  }));
  const parts = Object.entries(app.cache).flatMap(([url, kept]) => {
    const [above, directory] = directoryOf(app, url) ?? [];
    if (above === undefined || withSlash(above) === withSlash(url)) return [];
    if (uploadOf(app, url)) return [];
    const path = `${directory}/${url.slice(withSlash(above).length)}$file`;
    // Of a path without a slash at its end it may be one file, or a directory.
    const pattern = url.endsWith('/') ? `(?<file>.*[^/])` : `(?<file>(?:/.*[^/])?)`;
    return [{ url, path, pattern, kept }];
  });
  const written = writtenUrls(app).map((url) => ({
    ...{ url, path: '', pattern: '(?:/.*)?', kept: undefined },
  }));
  const all = Object.fromEntries([...directories, ...parts, ...written].map((it) => [it.url, it]));
  return longestFirst(all).map(([url, { path, pattern, kept }]) => ({
    pattern: `${url.replace(/[.+]/g, '\\$&')}${pattern}`,
    path,
    ...cachedBy(app, kept),
  }));
}

/** What the stack file says of a path wins over what it says of the whole site, and that over what fits most files. */
export function cachedBy({ headers }: { headers: Headers }, kept: Kept | undefined) {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (kept === undefined && names.includes('cache-control'))
    return { cached: false, staticHeaders: headersBeside(headers) };
  const cache = kept === undefined ? '$keelson_cache' : `"${cacheControl(kept)}"`;
  return { cached: true, cache, staticHeaders: headersBeside(headers, 'cache-control') };
}

export const staticFiles = appComponent({
  name: 'static',
  fields,
  conflicts: (apps: readonly Static[]) =>
    apps.flatMap((app) =>
      Object.keys(app.cache)
        .filter((url) => {
          const upload = uploadOf(app, url);
          const isWritten = writtenUrls(app).some((above) => `${url}/`.startsWith(`${above}/`));
          if (isWritten && !upload) return true;
          return upload ? withSlash(upload) !== withSlash(url) : !directoryOf(app, url);
        })
        .map(
          (url) =>
            `apps.${app.name}.cache.${url}: is answered by the app, which says itself how long to keep it; name a path of static or uploads, or one below static`,
        ),
    ),
});
