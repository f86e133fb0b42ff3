/** Release: one immutable copy of an app's code, named by the SHA-256 of its archive. */
import { z } from 'zod';
import { digest, integer, localPath, url } from '../fields/index.ts';
import type { Facts } from '../host/facts.ts';
import { type Item, sha256 } from '../host/item.ts';
import { blob, directory, tree } from '../host/kinds.ts';
import { type AppContext, appComponent, type Named, type Release } from './component.ts';
import { home } from './user.ts';

const strip = integer(0, 8)
  .prefault(0)
  .describe('Leading directories to leave out of the names in the tarball');

const hashStart = /^[0-9a-f]{7,64}$/;
const noRelease = 'is not a release; give at least the first 7 hex digits of its hash, in quotes';

const fields = {
  source: z
    .union([
      localPath,
      z.strictObject({ path: localPath, strip }),
      z.strictObject({ url, sha256: digest, strip }),
    ])
    .describe(
      'Where the code is: a directory (`.keelsonignore` says what stays out), a tarball, or the url and sha256 of one',
    ),
  release: z
    // Digits alone are a number to YAML, and to `pulumi config set --path`.
    .union([
      z.string().regex(hashStart, noRelease),
      z.number().refine((given) => hashStart.test(String(given)), noRelease),
    ])
    .transform(String)
    .optional()
    .describe(
      'A release to go back to that the server still keeps; without it the source is deployed',
    ),
  keep: integer(2, 100).prefault(5).describe('Number of releases that the server keeps'),
};

export type Source = z.output<(typeof fields)['source']>;

/** An app whose code is unpacked on a host; `static`: directories of it that nginx serves. */
type Released = { name: string; static?: Record<string, string> };

/**
 * The release that an app is pinned to, among those that a server keeps.
 *
 * @throws when no or more than one kept release begins so.
 */
export function keptRelease(
  app: { name: string; release?: string | undefined },
  facts: Facts,
): Release {
  const kept = facts.releases[app.name] ?? [];
  const [found, ...others] = kept.filter((hash) => hash.startsWith(app.release ?? ''));
  const said = `apps.${app.name}.release: "${app.release}"`;
  if (found === undefined)
    throw new Error(`${said} is not kept on the server; choose among ${kept.join(', ') || 'none'}`);
  if (others.length > 0)
    throw new Error(`${said} fits ${[found, ...others].join(', ')}; give more digits`);
  return { hash: found };
}

const staticDirectories = (app: Released): string[] => Object.values(app.static ?? {});

export const releaseDirectory = (app: { name: string }, release: Release): string =>
  `${home(app)}/releases/${release.hash}`;

/**
 * The copy of the static files that belongs to a release, or nothing for an app without any.
 *
 * nginx reads `/srv/<app>/public/current`, a link to it that moves together with the release.
 */
export function publicDirectory(app: Released, { hash }: Release): string | undefined {
  const directories = staticDirectories(app);
  if (directories.length === 0) return undefined;
  // Other directories of the same release are another copy.
  const selection = sha256(directories.toSorted().join('\n')).slice(0, 8);
  return `${home(app)}/public/${hash.slice(0, 16)}-${selection}`;
}

/** The code of a release, and apart from it the files in it that nginx may read. */
function trees(app: Released, release: Release, group: string): Item[] {
  const unpacked = {
    blob: release.hash,
    owner: 'root',
    directories: '2750',
    files: '0640',
    remove: 'keep',
  } as const;
  const files = { ...unpacked, group: nginx, executables: '0640' };
  const code = group === nginx ? files : { ...unpacked, group, executables: '0750' };
  const copy = publicDirectory(app, release);
  const only = [...new Set(staticDirectories(app))].toSorted();
  return [
    tree(releaseDirectory(app, release), code),
    ...(copy === undefined ? [] : [tree(copy, { ...files, only })]),
  ];
}

type Own = Released & Named<typeof fields>;
type Context = Pick<AppContext, 'release' | 'facts'>;

/** The group of nginx, which reads with it and writes nowhere. */
const nginx = 'www-data';

/** @param reader the group that may read the code. */
const readBy = (reader: (app: Own) => string) =>
  appComponent({
    name: 'release',
    fields,
    render: (app: Own, { release }: Context) => {
      const { hash, archive } = release;
      const group = reader(app);
      const folder = { group, mode: '2750', remove: 'all' } as const;
      const served = staticDirectories(app).length > 0;
      return {
        app: [
          directory(`${home(app)}/releases`, folder),
          ...(served ? [directory(`${home(app)}/public`, { ...folder, group: nginx })] : []),
          ...(archive === undefined ? [] : [blob(hash, '')]),
          ...trees(app, release, group),
        ],
        uploads: archive === undefined ? [] : [{ name: 'release', hash, archive }],
      };
    },
    localFiles: ({ source }: Own) => {
      const mayBeDirectory = true;
      if (typeof source === 'string') return [{ at: 'source', path: source, mayBeDirectory }];
      return 'path' in source ? [{ at: 'source.path', path: source.path, mayBeDirectory }] : [];
    },
    report: ({ name, keep }: Own, { facts, release }: Context) => {
      const failed = facts.failed?.[name] ?? [];
      const others = (facts.releases[name] ?? []).filter(
        (hash) => hash !== release.hash && !failed.includes(hash),
      );
      // As many as the rollout of this run will leave.
      return { release: release.hash, kept: others.slice(0, keep - 1) };
    },
  });

export const release = readBy(({ name }) => name);

/** Of a site that nginx serves from the release itself. */
export const siteRelease = readBy(() => nginx);
