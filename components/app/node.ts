/** The Node.js that an app runs on: Debian's package, or a build of its own beside others. */
import { basename } from 'node:path';
import { z } from 'zod';
import { digest, exactVersion, localPath, nodeVersion, url } from '../fields/index.ts';
import { aptPackage, blob, directory, tree } from '../host/kinds.ts';
import { downloaded, type Source } from '../lib/download.ts';
import { nodeBuild } from '../lib/node-builds.ts';
import type { Processor } from '../lib/node-pins.ts';
import { type AppContext, appComponent } from './component.ts';

const gzipped = (name: string) => /\.(tar\.gz|tgz)$/.test(name);
const unreadable = { error: 'is not a .tar.gz; Node.js publishes one of every version' };

/** One that is not found yet has no SHA-256, and its version may be the begin of one. */
type Build = {
  version: string;
  url?: string | undefined;
  path?: string | undefined;
  sha256?: string | undefined;
};

const fields = {
  node: z
    .union([
      z.enum(['debian', 'none']),
      nodeVersion.transform((version): Build => ({ version })),
      z
        .number()
        .transform(String)
        .pipe(nodeVersion)
        .transform((version): Build => ({ version })),
      z
        .strictObject({
          version: exactVersion,
          url: url.refine(gzipped, unreadable).optional(),
          path: localPath.refine(gzipped, unreadable).optional(),
          sha256: digest.describe(
            'SHA-256 of the tarball, as sha256sum prints it; for a build that is found by its version write the version alone, such as `node: 24`',
          ),
        })
        .refine(({ url, path }) => (url === undefined) !== (path === undefined), {
          error: 'needs one of url and path: where the tarball is fetched, or where it lies',
        })
        .transform((build): Build => build),
    ])
    .prefault('debian')
    .describe(
      'Node.js: `debian` for Debian’s package, which is left out where all commands of the app are other programs by an absolute path; `none` where it needs none; a version such as 24 or 24.11.0, whose official build is found and pinned in node.json beside the stack file; or version, SHA-256 and url or path of a tarball',
    ),
};

export type Node = z.output<(typeof fields)['node']>;

/** What of an app says whether Node.js runs in it. */
type Using = {
  readonly name: string;
  readonly node: Node;
  readonly start?: string | undefined;
  readonly exec?: readonly string[] | undefined;
  readonly rollout?: {
    readonly before?: readonly string[] | undefined;
    readonly after?: readonly string[] | undefined;
  };
  readonly healthy?: object;
};

/** What may start Node.js, whatever it is called with: itself, its package managers, and shells. */
const starters = /^(?:node|nodejs|npm|npx|corepack|env|sh|dash|bash)$/;

/** Whether Debian's Node.js may run in an app: unless all of its commands are other programs of the host. */
function isDebians({ node, start, exec, rollout, healthy }: Using): boolean {
  if (node !== 'debian') return false;
  if (start !== undefined || exec === undefined) return true;
  const asked = healthy && 'command' in healthy ? (healthy.command as readonly string[]) : [];
  const commands = [exec, rollout?.before ?? [], rollout?.after ?? [], asked];
  const programs = commands.flatMap(([program]) => program ?? []);
  return programs.some((path) => !path.startsWith('/') || starters.test(basename(path)));
}

/** The directory that holds the binary `node`. */
export const nodeDirectory = (node: Node): string =>
  typeof node === 'string' ? '/usr/bin' : `${versions}/${node.version}/bin`;

const versions = '/opt/keelson/node';

/** Debian's own Node.js, by Debian's version, and when its line had its end; Debian may mend it longer. */
export const debianNode: Readonly<Record<string, { version: string; end: string }>> = {
  '12': { version: '18.20', end: '2025-04-30' },
  '13': { version: '20.19', end: '2026-04-30' },
};

/**
 * Two apps may share a version. What no app wants any more, Debian's package too, stays until the server
 * is destroyed: instances may run on it still, and a release that is rolled back needs it.
 */
export const node = appComponent({
  name: 'node',
  fields,
  rules: [
    {
      path: 'node',
      error: 'is none, and the app starts with it; leave it out, or give another command as `exec`',
      holds: ({ node, start, exec }: Partial<Using>) =>
        node !== 'none' || (start === undefined && exec?.[0] !== 'node'),
    },
  ],
  render: (app: Using, { facts }: Pick<AppContext, 'facts'>) => {
    const { node } = app;
    if (typeof node === 'string') return isDebians(app) ? { base: [aptPackage('nodejs')] } : {};
    const { version, sha256 } = node;
    if (!isFound(node) || sha256 === undefined)
      throw new Error(`no build of Node.js ${version} was looked for`);
    fitting(node, facts.architecture);
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
  notes: (app: Using, { facts }: Pick<AppContext, 'facts'>) => {
    const { name } = app;
    const own = debianNode[facts.version];
    if (!isDebians(app) || own === undefined) return [];
    const [release] = own.version.split('.');
    const text = `${name} runs on Debian ${facts.version}’s own Node.js, which is ${release}: its makers mend nothing in it since ${own.end}; \`node: 24\` brings a newer one`;
    return [{ part: 'base', item: 'package nodejs', keys: ['state'], text }];
  },
  localFiles: ({ node }: Using) =>
    typeof node === 'string' || node.path === undefined
      ? []
      : [{ at: 'node.path', path: node.path }],
});

/** Whether it is known which tarball is meant. */
export const isFound = (node: Node): node is 'debian' | 'none' | (Build & Source) =>
  typeof node === 'string' || node.sha256 !== undefined;

/** Node's names of processors, as its tarballs are called, by Debian's. */
const processors: Record<string, string> = { amd64: 'x64', arm64: 'arm64', armhf: 'armv7l' };

/**
 * The build of a version for a server's processor, with the file that pins it.
 * @throws when there is none, or it cannot be had.
 */
export async function found(node: Node, architecture: string, pins: string): Promise<Node> {
  if (isFound(node)) return node;
  return await nodeBuild(node.version, processorOf(architecture), pins);
}

/** @throws for one that Node.js is not built for officially. */
export function processorOf(architecture: string): Processor {
  if (architecture === 'amd64') return 'x64';
  if (architecture === 'arm64') return 'arm64';
  throw new Error(
    `there is no official build for ${architecture}; give version, path and sha256 of one of yours`,
  );
}

/** @throws when the tarball's name says that it is for another kind of processor. */
function fitting({ url, path }: Omit<Source, 'sha256'>, architecture: string): void {
  const name = url ?? path ?? '';
  const [, made] = /linux-(x64|arm64|armv7l)[^/]*$/.exec(name) ?? [];
  if (made !== undefined && made !== processors[architecture])
    throw new Error(
      `${name} is for ${made}, and the server is ${architecture}; give the tarball for linux-${processors[architecture]}`,
    );
}
