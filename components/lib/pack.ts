/**
 * Packing: the code of an app as one tar archive, the same to the byte from the same content.
 *
 * Names are sorted; owners, times and modes of the operator's machine do not get in.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { type Header, type Pack, pack } from 'tar-stream';
import { check, checkName, type Entry, isNeedless } from './entry.ts';
import { latin, named, noText } from './plain.ts';

const ignoreFile = '.keelsonignore';

/** What pnpm notes of the minute of an installation and of its machine: it would make each one another release. */
const noted = ['**/node_modules/.modules.yaml', '**/node_modules/.pnpm-workspace-state*.json'];

/**
 * All entries of a directory, but what its `.keelsonignore` (in .gitignore's syntax) names, `.git`, and what pnpm
 * notes.
 *
 * @throws naming the first thing that cannot be part of a release, such as a link that leads out of it.
 */
export function directoryEntries(root: string): Entry[] {
  // As git has it where file systems have it so.
  const ignored = ignore({ ignorecase: false }).add([
    '.git',
    '/.keelson/',
    `/${ignoreFile}`,
    ...noted,
  ]);
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
    // It could not even be opened by this name.
    if (name.includes('\uFFFD')) refuseBytes(root, folder);
    checkName(name);
    const path = join(root, name);
    if (isDirectory) {
      yield { type: 'directory', name };
      yield* walk(root, name, ignored);
    } else if (found.isSymbolicLink()) {
      const link = { type: 'symlink', name, target: readlinkSync(path) } as const;
      if (!isNeedless(link, name)) yield link;
    } else if (found.isFile())
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

/** Names the first thing in a folder whose name is no UTF-8, as Latin-1 has it. */
function refuseBytes(root: string, folder: string): void {
  const isText = (name: Buffer) => Buffer.from(name.toString()).equals(name);
  const odd = readdirSync(join(root, folder), { encoding: 'buffer' }).find((it) => !isText(it));
  if (odd) throw new Error(noText(`${latin(odd)}${folder === '' ? '' : ` in ${named(folder)}`}`));
}

/** @throws when a name or a link could not be unpacked safely. */
export function checkEntries(entries: readonly Entry[]): void {
  const types = new Map(entries.map(({ name, type }) => [name, type]));
  for (const entry of entries) check(entry, types);
}

/** Packs entries that were checked, sorted by name. */
export function packEntries(entries: readonly Entry[]): NodeJS.ReadableStream {
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
