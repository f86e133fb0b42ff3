/**
 * Packing: the code of an app as one tar archive, the same to the byte from the same content.
 *
 * Names are sorted; owners, times and modes of the operator's machine do not get in.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { type Header, type Pack, pack } from 'tar-stream';
import { type Member, membersOf } from './tarball.ts';

/** One thing in a release. `content` is called when it is packed, so that not all is held in memory. */
export type Entry =
  | { type: 'directory'; name: string }
  | { type: 'symlink'; name: string; target: string }
  | { type: 'file'; name: string; executable: boolean; content: () => Buffer };

const ignoreFile = '.keelsonignore';

/**
 * All entries of a directory, but what its `.keelsonignore` (in .gitignore's syntax) names, and `.git`.
 *
 * @throws naming the first thing that cannot be part of a release, such as a link that leads out of it.
 */
export function directoryEntries(root: string): Entry[] {
  const ignored = ignore().add(['.git', '/.keelson/', `/${ignoreFile}`]);
  const rules = join(root, ignoreFile);
  if (statSync(rules, { throwIfNoEntry: false })) ignored.add(readFileSync(rules, 'utf8'));
  // After the person's own rules, so that none of them can bring it back.
  ignored.add('.git');
  return [...walk(root, '', ignored)];
}

function* walk(root: string, folder: string, ignored: Ignore): Generator<Entry> {
  for (const found of readdirSync(join(root, folder), { withFileTypes: true })) {
    const name = folder === '' ? found.name : `${folder}/${found.name}`;
    const isDirectory = found.isDirectory();
    if (ignored.ignores(isDirectory ? `${name}/` : name)) continue;
    // One that is no UTF-8 could not even be opened by this name.
    checkName(name);
    const path = join(root, name);
    if (isDirectory) {
      yield { type: 'directory', name };
      yield* walk(root, name, ignored);
    } else if (found.isSymbolicLink()) yield { type: 'symlink', name, target: readlinkSync(path) };
    else if (found.isFile())
      yield {
        type: 'file',
        name,
        executable: (statSync(path).mode & 0o111) !== 0,
        content: () => readFileSync(path),
      };
    else throw new Error(`${name} is neither file, directory nor link; name it in ${ignoreFile}`);
  }
}

/**
 * All entries of a tarball, gzipped or not, without the first `strip` parts of their names. What comes twice is as it
 * was the last time, as tar has it.
 *
 * @throws naming the first thing that cannot be part of a release.
 */
export function tarballEntries(path: string, strip: number): Entry[] {
  const entries = new Map<string, Entry & { whole: string }>();
  for (const member of membersOf(readFileSync(path))) {
    const shown = JSON.stringify(member.name);
    if (member.name.startsWith('/'))
      throw new Error(`${shown} has an absolute name; pack it with tar -C`);
    const parts = member.name.split('/').filter((it) => it !== '' && it !== '.');
    if (parts.length === 0 && member.type !== 'directory')
      throw new Error(`${shown} is no name of a file; rename it`);
    const name = parts.slice(strip).join('/');
    const whole = parts.join('/');
    const before = entries.get(name);
    if (before && before.whole !== whole && before.type + member.type !== 'directorydirectory')
      throw new Error(
        `${whole} and ${before.whole} are one, ${name}, with strip: ${strip}; give another`,
      );
    if (before && (before.type === 'directory') !== (member.type === 'directory'))
      throw new Error(`${name} is a directory and none; pack it again`);
    if (name !== '') entries.set(name, { ...entryOf(member, name), whole });
  }
  return withDirectories(entries);
}

const entryOf = ({ type, executable, target, content }: Member, name: string): Entry => {
  switch (type) {
    case 'directory':
      return { type, name };
    case 'symlink':
      return { type, name, target };
    case 'file':
      return { type, name, executable, content: () => content };
  }
};

/** A tarball need not name its directories; a directory on disk has them all. */
function withDirectories(given: ReadonlyMap<string, Entry>): Entry[] {
  const entries = new Map(given);
  for (const { name } of [...entries.values()])
    for (let above = dirname(name); above !== '.'; above = dirname(above))
      if (!entries.has(above)) entries.set(above, { type: 'directory', name: above });
  return [...entries.values()];
}

/**
 * Packs entries, sorted by name.
 *
 * @throws when a name or a link could not be unpacked safely.
 */
export function packEntries(entries: readonly Entry[]): NodeJS.ReadableStream {
  const types = new Map(entries.map(({ name, type }) => [name, type]));
  for (const entry of entries) check(entry, types);
  const archive = pack();
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  feed(archive, sorted).catch((error) => archive.destroy(error));
  return archive as unknown as NodeJS.ReadableStream;
}

async function feed(archive: Pack, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    const content = entry.type === 'file' ? entry.content() : undefined;
    // Waits until what reads the archive has taken it, so that it never piles up in memory.
    await new Promise<void>((resolve, reject) =>
      archive.entry(header(entry, content), content ?? '', (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }
  archive.finalize();
}

const header = (entry: Entry, content?: Buffer): Partial<Header> & { name: string } => ({
  name: entry.name,
  type: entry.type,
  mode: entry.type === 'file' && !entry.executable ? 0o644 : 0o755,
  mtime: content ? stamp(content) : epoch,
  ...(entry.type === 'symlink' && { linkname: entry.target }),
});

const epoch = new Date('2000-01-01T00:00:00Z');

/**
 * The time stamp of a file, drawn from its content: a day in the years 2000 to 2008.
 *
 * Web servers, nginx and Express among them, tell whether a browser's copy is still good from
 * time and size alone. With one time for all, a changed file of the same size would stay hidden.
 */
const stamp = (content: Buffer): Date =>
  new Date(epoch.getTime() + (hash('sha256', content, 'buffer').readUInt32BE() >>> 4) * 1000);

function check(entry: Entry, types: ReadonlyMap<string, Entry['type']>): void {
  const { name } = entry;
  checkName(name);
  if (name.split('/').includes('..')) throw new Error(`${name} lies outside; pack it without ..`);
  for (let above = dirname(name); above !== '.'; above = dirname(above)) {
    const type = types.get(above);
    if (type === 'symlink') throw new Error(`${name} lies below a symbolic link; pack it in place`);
    if (type === 'file')
      throw new Error(`${name} lies below ${above}, which is a file; pack it again`);
  }
  if (entry.type !== 'symlink') return;
  const { target } = entry;
  if (!isText(target) || Buffer.byteLength(target) > mostOfPath)
    throw new Error(`${name} links to what is no path; remove it`);
  if (!staysInside(name, target))
    throw new Error(`${name} links to ${target}, outside of the release; link to what is in it`);
}

/** Bytes of a name in a path, and of a path below a release's directory. */
const mostOfName = 255;
const mostOfPath = 3800;

const isText = (name: string): boolean => !/[\p{Cc}\p{Cs}\uFFFD\\]/u.test(name);

/** Control characters cannot be told in a line, and a backslash is read by some of the host's tools. */
function checkName(name: string): void {
  if (!isText(name))
    throw new Error(`${JSON.stringify(name)} has a name that is not plain text; rename it`);
  if (name.split('/').some((part) => Buffer.byteLength(part) > mostOfName))
    throw new Error(`${name} has a name of more than ${mostOfName} bytes; shorten it`);
  if (Buffer.byteLength(name) > mostOfPath)
    throw new Error(`${name} has a path of more than ${mostOfPath} bytes; shorten it`);
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
