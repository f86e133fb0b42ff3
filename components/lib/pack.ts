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
import { check, checkName, type Entry } from './entry.ts';
import { named } from './plain.ts';
import { type Member, membersOf } from './tarball.ts';

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
    else
      throw new Error(
        `${named(name)} is neither file, directory nor link; name it in ${ignoreFile}`,
      );
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
    const parts = member.name.split('/').filter((it) => it !== '' && it !== '.');
    if (member.name.startsWith('/'))
      throw new Error(`${named(member.name)} has an absolute name; pack it with tar -C`);
    if (member.name === '' || (parts.length === 0 && member.type !== 'directory'))
      throw new Error(`${named(member.name)} is no name of a file; rename it`);
    const name = parts.slice(strip).join('/');
    if (name === '') continue;
    const entry = { ...entryOf(member, name), whole: parts.join('/') };
    refuseTwo(entries.get(name), entry, strip);
    entries.set(name, entry);
  }
  return withDirectories(entries);
}

/** What comes twice must be of one kind; so tar has the last one, whatever the first was. */
function refuseTwo(
  before: (Entry & { whole: string }) | undefined,
  entry: Entry & { whole: string },
  strip: number,
): void {
  if (!before) return;
  const { name, type } = entry;
  if (before.type !== type || type === 'symlink')
    throw new Error(`${named(name)} comes twice, as ${before.type} and as ${type}; pack it again`);
  if (type !== 'directory' && before.whole !== entry.whole)
    throw new Error(
      `${named(entry.whole)} and ${named(before.whole)} are one, ${named(name)}, with strip: ${strip}; give another`,
    );
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
export function withDirectories(given: ReadonlyMap<string, Entry>): Entry[] {
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
