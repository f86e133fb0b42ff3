/** Packing: the code of an app, from wherever it is, as one archive named by its hash. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { download } from '../lib/download.ts';
import type { Entry } from '../lib/entry.ts';
import { checkEntries, directoryEntries, packEntries } from '../lib/pack.ts';
import { named } from '../lib/plain.ts';
import { tarballEntries, withDirectories } from '../lib/tarball-entries.ts';
import { checkRuns, type Running, scriptAt } from './code/runs.ts';
import type { Release } from './component.ts';
import { linkTarget } from './linked.ts';
import { neededFiles } from './pages.ts';
import type { Source } from './release.ts';
import { scratchTarget } from './scratch.ts';

/** `static`, and what it runs: what the app needs of its source; `linked` and `scratch`: what lies outside of it. */
type Packed = Running & {
  source: Source;
  type?: string;
  root?: string | undefined;
  fallback?: string | undefined;
  notFound?: string | undefined;
  static?: Readonly<Record<string, string>>;
  name?: string;
  linked?: readonly string[];
  scratch?: readonly string[];
};

const cache = join('.keelson', 'releases');

/**
 * Packs an app's code into `.keelson/releases/<hash>.tar.gz`, unless that is there already.
 *
 * @throws when the source cannot be read, or what the app needs of it is not in it.
 */
export async function packRelease(app: Packed): Promise<Release> {
  const entries = await withLinks(app, await readSource(app.source));
  // First: what is not there may lie behind a link that leads out.
  checkEntries(entries);
  complete(app, entries);
  const hash = await writeTar(entries);
  const archive = join(cache, `${hash}.tar.gz`);
  // For nobody else to read, as the source may be; also what an earlier version of the kit left wider.
  await mkdir(cache, { recursive: true, mode: 0o700 });
  await chmod(cache, 0o700);
  if (existsSync(archive)) await chmod(archive, 0o600);
  else await writeArchive(entries, hash, archive);
  return { hash, archive };
}

async function readSource(source: Source): Promise<Entry[]> {
  if (typeof source === 'string') return readSource({ path: source, strip: 0 });
  if ('url' in source) return tarballEntries(await download(source), source.strip);
  const found = statSync(source.path, { throwIfNoEntry: false });
  if (!found) throw new Error(`${source.path} does not exist; give a directory or a tarball`);
  return found.isDirectory()
    ? directoryEntries(source.path)
    : tarballEntries(source.path, source.strip);
}

/** With a link in place of each path that lies outside of the release, and the directories on the way there. */
async function withLinks(app: Packed, given: readonly Entry[]): Promise<Entry[]> {
  const { name = '', linked = [], scratch = [] } = app;
  const targets = (key: string) => [
    ...linked.map((path) => [path, linkTarget({ name }, path)] as const),
    ...scratch.map((path) => [path, scratchTarget({ name }, key, path)] as const),
  ];
  const entries = replaced(given, targets(''));
  if (scratch.length === 0) return entries;
  checkEntries(entries);
  // A release cannot hold its own hash; this one tells it from all others as well.
  return replaced(given, targets((await writeTar(entries)).slice(0, 16)));
}

function replaced(given: readonly Entry[], targets: readonly (readonly [string, string])[]) {
  if (targets.length === 0) return [...given];
  const isOutside = ({ name }: Entry) =>
    targets.some(([path]) => `${name}/`.startsWith(`${path}/`));
  const links = targets.map(
    ([name, target]): Entry => ({ type: 'symlink', name, target, outside: true }),
  );
  return withDirectories(
    new Map([...given.filter((it) => !isOutside(it)), ...links].map((it) => [it.name, it])),
  );
}

/** Finds out here, and not when an instance fails to start, that something was not built or packed. */
function complete(app: Packed, entries: readonly Entry[]): void {
  const all = new Map(entries.map((entry) => [entry.name, entry]));
  const { start } = app;
  const missing = [
    ...(start && !scriptAt(all, start) ? [start] : []),
    ...Object.values(app.static ?? {}).filter((path) => !all.has(path)),
    ...(app.type === 'static' ? neededFiles(app) : []).filter((path) => !all.has(path)),
  ];
  if (missing.length > 0)
    throw new Error(`holds no ${missing.join(' and no ')}; ${remedyFor(missing, all)}`);
  checkRuns(app, all);
}

/** Archives often have one directory around everything. */
function remedyFor(missing: readonly string[], entries: ReadonlyMap<string, Entry>): string {
  const tops = [...new Set([...entries.keys()].map((name) => name.replace(/\/.*/, '')))];
  const [top = '', ...others] = tops;
  return others.length === 0 && missing.every((path) => scriptAt(entries, `${top}/${path}`))
    ? `all of it lies below ${named(top)}; set strip: 1 for a tarball, or give that directory`
    : 'build the app first, or mend the path';
}

/** Writes the tar and returns its hash; without a place to write to it only counts. */
async function writeTar(entries: readonly Entry[], ...through: NodeJS.ReadWriteStream[]) {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, through.length > 0 ? chunk : undefined);
    },
  });
  if (through.length > 0) await pipeline([packEntries(entries), hashing, ...through]);
  else await pipeline(packEntries(entries), hashing.resume());
  return hash.digest('hex');
}

async function writeArchive(entries: readonly Entry[], hash: string, archive: string) {
  // Two apps may have the same code, and are packed at the same time.
  const part = `${archive}.${randomUUID()}.part`;
  try {
    const out = createWriteStream(part, { mode: 0o600 }) as unknown as NodeJS.ReadWriteStream;
    if ((await writeTar(entries, createGzip(), out)) !== hash)
      throw new Error('changed while it was packed; run again when nothing writes to it');
    await rename(part, archive);
  } finally {
    await rm(part, { force: true });
  }
}
