/** The Node.js that an app runs on: Debian's package, or one exact version beside others. */
import { z } from 'zod';
import { digest, exactVersion, localPath, url } from '../fields/index.ts';
import { aptPackage, blob, directory, tree } from '../host/kinds.ts';
import { downloaded, type Source } from '../lib/download.ts';
import { type AppContext, appComponent } from './component.ts';

const gzipped = (name: string) => /\.(tar\.gz|tgz)$/.test(name);
const unreadable = { error: 'is not a .tar.gz; Node.js publishes one of every version' };

const fields = {
  node: z
    .union([
      z.literal('debian'),
      z
        .strictObject({
          version: exactVersion,
          url: url.refine(gzipped, unreadable).optional(),
          path: localPath.refine(gzipped, unreadable).optional(),
          sha256: digest,
        })
        .refine(({ url, path }) => (url === undefined) !== (path === undefined), {
          error: 'needs one of url and path: where the tarball is fetched, or where it lies',
        }),
    ])
    .prefault('debian')
    .describe(
      'Node.js: `debian` for Debian’s package, or the version and SHA-256 of an official Linux tarball and its url or path',
    ),
};

export type Node = z.output<(typeof fields)['node']>;

/** The directory that holds the binary `node`. */
export const nodeDirectory = (node: Node): string =>
  node === 'debian' ? '/usr/bin' : `${versions}/${node.version}/bin`;

const versions = '/opt/keelson/node';

/**
 * Two apps may share a version. What no app wants any more, Debian's package too, stays until the server
 * is destroyed: instances may run on it still, and a release that is rolled back needs it.
 */
export const node = appComponent({
  name: 'node',
  fields,
  render: ({ node }: { node: Node }, { facts }: Pick<AppContext, 'facts'>) => {
    if (node === 'debian') return { base: [aptPackage('nodejs')] };
    fitting(node, facts.architecture);
    const { version, sha256 } = node;
    const unpacked = tree(`${versions}/${version}`, {
      blob: sha256,
      owner: 'root',
      group: 'root',
      strip: 1,
      // npm, its documentation and headers are of no use on a host.
      only: ['*/bin/node'],
      directories: '0755',
      files: '0644',
      executables: '0755',
      remove: 'keep',
    });
    const folders = ['/opt/keelson', versions].map((path) => directory(path, { remove: 'all' }));
    return {
      base: [...folders, blob(sha256, ''), unpacked],
      uploads: [{ name: `node-${version}`, hash: sha256, archive: downloaded(node) }],
    };
  },
  localFiles: ({ node }: { node: Node }) =>
    node === 'debian' || node.path === undefined ? [] : [{ at: 'node.path', path: node.path }],
});

/** Node's names of processors, as its tarballs are called, by Debian's. */
const processors: Record<string, string> = { amd64: 'x64', arm64: 'arm64', armhf: 'armv7l' };

/** @throws when the tarball's name says that it is for another kind of processor. */
function fitting({ url, path }: Omit<Source, 'sha256'>, architecture: string): void {
  const name = url ?? path ?? '';
  const [, made] = /linux-(x64|arm64|armv7l)[^/]*$/.exec(name) ?? [];
  if (made !== undefined && made !== processors[architecture])
    throw new Error(
      `${name} is for ${made}, and the server is ${architecture}; give the tarball for linux-${processors[architecture]}`,
    );
}
