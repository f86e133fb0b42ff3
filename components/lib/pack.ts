/**
 * Packing: the code of an app as one tar archive, the same to the byte from the same content.
 *
 * Names are sorted; owners, times and modes of the operator's machine do not get in.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import ignore, { type Ignore } from 'ignore';
import { extract, type Header, type Pack, pack } from 'tar-stream';

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
 * All entries of a tarball, gzipped or not, without the first `strip` parts of their names.
 *
 * @throws naming the first thing that cannot be part of a release.
 */
export async function tarballEntries(path: string, strip: number): Promise<Entry[]> {
  const bytes = readFileSync(path);
  const reader = extract();
  reader.end(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes);
  const entries = new Map<string, Entry>();
  for await (const part of reader) {
    const name = part.header.name.split('/').filter((it) => it !== '' && it !== '.');
    const stripped = name.slice(strip).join('/');
    const content = await buffer(part);
    if (stripped !== '') entries.set(stripped, entryOf(part.header, stripped, content));
  }
  return withDirectories(entries);
}

function entryOf({ type, mode = 0, linkname }: Header, name: string, content: Buffer): Entry {
  switch (type) {
    case 'file':
    case 'contiguous-file':
      return { type: 'file', name, executable: (mode & 0o111) !== 0, content: () => content };
    case 'directory':
      return { type, name };
    case 'symlink':
      return { type, name, target: linkname ?? '' };
    default:
      throw new Error(`${name} is a ${type}; pack files, directories and symbolic links alone`);
  }
}

/** A tarball need not name its directories; a directory on disk has them all. */
function withDirectories(entries: Map<string, Entry>): Entry[] {
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
  const links = new Set(entries.filter(({ type }) => type === 'symlink').map(({ name }) => name));
  for (const entry of entries) check(entry, links);
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

function check(entry: Entry, links: ReadonlySet<string>): void {
  const { name } = entry;
  if (/[\p{Cc}\p{Cs}\uFFFD\\]/u.test(name))
    throw new Error(`${JSON.stringify(name)} has a name that is not plain text; rename it`);
  if (name.split('/').includes('..')) throw new Error(`${name} lies outside; pack it without ..`);
  for (let above = dirname(name); above !== '.'; above = dirname(above))
    if (links.has(above)) throw new Error(`${name} lies below a symbolic link; pack it in place`);
  if (entry.type === 'symlink' && !staysInside(name, entry.target))
    throw new Error(
      `${name} links to ${entry.target}, outside of the release; link to what is in it`,
    );
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
