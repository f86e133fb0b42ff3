/** One thing in a release, and what must be true of it. */
import { dirname } from 'node:path';
import { named } from './plain.ts';

/**
 * `content` is called when it is packed, so that not all is held in memory. `outside`: a link of the kit's own, which
 * may lead out of the release.
 */
export type Entry =
  | { type: 'directory'; name: string }
  | { type: 'symlink'; name: string; target: string; outside?: true }
  | { type: 'file'; name: string; executable: boolean; content: () => Buffer };

/** @throws when what is packed so could not be unpacked on a host, or not safely. */
export function check(entry: Entry, types: ReadonlyMap<string, Entry['type']>): void {
  const { name } = entry;
  checkName(name);
  if (name.split('/').includes('..'))
    throw new Error(`${named(name)} lies outside; pack it without ..`);
  for (let above = dirname(name); above !== '.'; above = dirname(above)) {
    const type = types.get(above);
    if (type === 'symlink')
      throw new Error(`${named(name)} lies below a symbolic link; pack it in place`);
    if (type === 'file')
      throw new Error(`${named(name)} lies below ${named(above)}, which is a file; pack it again`);
  }
  if (entry.type !== 'symlink' || entry.outside) return;
  const { target } = entry;
  if (!isText(target) || tags.test(target) || Buffer.byteLength(target) > mostOfPath)
    throw new Error(`${named(name)} links to what is no path; remove it`);
  if (!staysInside(name, target))
    throw new Error(
      `${named(name)} links to ${named(target)}, outside of the release; ${remedyFor(name)}`,
    );
}

/** Package managers link packages of the same repository. */
const remedyFor = (name: string): string =>
  /(^|\/)node_modules\//.test(name)
    ? 'a package of the same repository is copied by `pnpm deploy DIRECTORY`, with injectWorkspacePackages in pnpm-workspace.yaml, or `npm install --install-links`, or take the whole repository as source; what nothing needs goes into .keelsonignore'
    : 'link to what is in it, or name it in .keelsonignore';

/** Bytes of a name in a path, and of a path below a release's directory. */
const mostOfName = 255;
const mostOfPath = 3800;

const isText = (name: string): boolean => !/[\p{Cc}\p{Cs}\uFFFD\\]/u.test(name);

/** Tags, as in the flags of regions: tar in a locale without them leaves them out of a name. */
const tags = /[\u{E0000}-\u{E007F}]/u;

/** Control characters cannot be told in a line, and a backslash is read by some of the host's tools. */
export function checkName(name: string): void {
  if (!isText(name))
    throw new Error(`${JSON.stringify(name)} has a name that is not plain text; rename it`);
  if (tags.test(name))
    throw new Error(
      `${JSON.stringify(name)} has a tag in its name, which tar leaves out; rename it`,
    );
  if (name.split('/').some((part) => Buffer.byteLength(part) > mostOfName))
    throw new Error(`${named(name)} has a name of more than ${mostOfName} bytes; shorten it`);
  if (Buffer.byteLength(name) > mostOfPath)
    throw new Error(`${named(name)} has a path of more than ${mostOfPath} bytes; shorten it`);
}

/** Only leading `..`, and no more than there are directories above: no chain of links leads out. */
function staysInside(name: string, target: string): boolean {
  const parts = target.split('/');
  const up = parts.findIndex((part) => part !== '..');
  const down = up < 0 ? [] : parts.slice(up);
  const depth = name.split('/').length - 1;
  return (
    target !== '' && parts[0] !== '' && !down.includes('..') && parts.length - down.length <= depth
  );
}

/** pnpm puts a link to the app itself where nothing but what names no dependencies of its own would look. */
export const isNeedless = (
  { type, target }: { type: string; target?: string },
  name: string,
): boolean =>
  type === 'symlink' &&
  /(^|\/)node_modules\/\.pnpm\/node_modules\//.test(name) &&
  !staysInside(name, target ?? '');
