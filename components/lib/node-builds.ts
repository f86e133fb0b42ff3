/**
 * The official builds of Node.js: found by version, fetched and checked. Which one was found is pinned in a file that
 * people read and keep with their stack files, so that every machine and every run takes the same.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from './child-environment.ts';
import { download, downloaded, type Source } from './download.ts';
import { type Processor, readPins, writePins } from './node-pins.ts';

export type Build = Source & { readonly version: string };

const run = promisify(execFile);

/** Where official builds lie, or a mirror of them, as node-gyp and others read it. */
const dist = (): string =>
  (process.env.NODEJS_ORG_MIRROR ?? 'https://nodejs.org/dist').replace(/\/+$/, '');
const patience = 5000;

const finding = new Map<string, Promise<Build>>();

/**
 * The build of a version such as `24`, `24.11` or `24.11.0`: the one that the file pins, or the newest, which is pinned.
 * @throws when none can be had, with what to do.
 */
export function nodeBuild(wanted: string, processor: Processor, file: string): Promise<Build> {
  const key = `${file} ${processor} ${wanted}`;
  // One after another, since they write one file.
  const found = finding.get(key) ?? last.then(() => find(wanted, processor, file));
  finding.set(key, found);
  last = found.catch(() => {});
  return found;
}
let last: Promise<unknown> = Promise.resolve();

async function find(wanted: string, processor: Processor, file: string): Promise<Build> {
  const pin = readPins(file)[wanted];
  const known = pin?.[processor];
  if (pin && known) return { version: pin.version, ...(await fetched(known.from, known.sha256)) };
  const version = pin?.version ?? wanted;
  const { from, sha256, ...found } = await search(version, processor);
  const pins = readPins(file);
  const same = { ...pins[wanted], version: found.version, [processor]: { from, sha256 } };
  await writePins(file, { ...pins, [wanted]: same });
  return { version: found.version, ...(await fetched(from, sha256)) };
}

type Found = { version: string; from: string; sha256: string };

/** At the makers', or where they cannot be reached at the registry. */
async function search(wanted: string, processor: Processor): Promise<Found> {
  const failures: string[] = [];
  for (const place of [atMakers, atRegistry])
    try {
      return await place(wanted, processor);
    } catch (cause) {
      failures.push((cause as Error).message);
    }
  throw new Error(
    `no build of Node.js ${wanted} for linux-${processor} can be had: ${failures.join('; ')}; give version, url or path, and sha256 of one`,
  );
}

const textOf = async (url: string): Promise<string> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(patience) });
  if (!answer.ok) throw new Error(`the answer is ${answer.status}`);
  return await answer.text();
};

async function atMakers(wanted: string, processor: Processor): Promise<Found> {
  try {
    const version = newest(wanted, await versionsOfMakers());
    const name = `node-v${version}-linux-${processor}.tar.gz`;
    const sums = await textOf(`${dist()}/v${version}/SHASUMS256.txt`);
    const line = sums.split('\n').find((it) => it.endsWith(`  ${name}`));
    const sha256 = /^[0-9a-f]{64}/.exec(line ?? '')?.[0];
    if (sha256 === undefined) throw new Error(`its list of checksums names no ${name}`);
    return { version, from: `${dist()}/v${version}/${name}`, sha256 };
  } catch (cause) {
    const { message, cause: inner } = cause as Error;
    throw new Error(`${dist()}: ${inner instanceof Error ? inner.message : message}`, { cause });
  }
}

async function versionsOfMakers(): Promise<string[]> {
  const all = JSON.parse(await textOf(`${dist()}/index.json`)) as { version: string }[];
  return all.map(({ version }) => version.replace(/^v/, ''));
}

/** The newest that there is of what is wanted; takes a second or more, and no longer than twice `patience`. */
export async function newestVersion(wanted: string, processor: Processor): Promise<string> {
  const spec = `node-linux-${processor}@${wanted}`;
  return newest(wanted, await versionsOfMakers().catch(() => versionsOf(spec, patience)));
}

/** The registry has the same builds as packages; npm knows which registry, and holds what comes against its checksum. */
async function atRegistry(wanted: string, processor: Processor): Promise<Found> {
  const name = `node-linux-${processor}`;
  const version = newest(wanted, await versionsOf(`${name}@${wanted}`));
  const from = `npm:${name}@${version}`;
  const bytes = await pack(from);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await keep(sha256, bytes);
  return { version, from, sha256 };
}

/** @param timeout milliseconds; npm itself tries for minutes where nobody answers. */
async function npm(args: readonly string[], timeout = 600_000): Promise<string> {
  try {
    const options = { maxBuffer: 64 * 1024 ** 2, timeout, env: childEnvironment() };
    return (await run('npm', [...args, '--json'], options)).stdout;
  } catch (cause) {
    const { code, stderr = '', message } = cause as Error & { code?: unknown; stderr?: string };
    if (code === 'ENOENT') throw new Error('npm: is not on this machine', { cause });
    const said = /^npm (?:error|ERR!) (?!code)(.*)$/m.exec(stderr)?.[1];
    throw new Error(`npm: ${said ?? message.split('\n')[0]}`, { cause });
  }
}

async function versionsOf(spec: string, timeout = 60_000): Promise<string[]> {
  const said = (await npm(['view', spec, 'version'], timeout)).trim();
  const all: unknown = said === '' ? [] : JSON.parse(said);
  return [all].flat().filter((it) => typeof it === 'string');
}

/** npm fails where what came has another checksum than the registry says. */
async function pack(from: string): Promise<Buffer> {
  const cache = dirname(downloaded({ sha256: '' }));
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(cache, '.npm-'));
  try {
    await npm(['pack', from.replace(/^npm:/, ''), '--pack-destination', folder]);
    const [packed = ''] = await readdir(folder);
    return await readFile(join(folder, packed));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keep(sha256: string, bytes: Buffer): Promise<void> {
  const path = downloaded({ sha256 });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.part`, bytes, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

/** What was pinned, on this machine. */
async function fetched(from: string, sha256: string): Promise<Source> {
  const source = from.startsWith('npm:')
    ? { path: downloaded({ sha256 }), sha256 }
    : { url: from, sha256 };
  if (source.path !== undefined && !existsSync(source.path)) await keep(sha256, await pack(from));
  await download(source);
  return source;
}

/** The newest of these that begins with the numbers that are wanted. */
function newest(wanted: string, all: readonly string[]): string {
  const found = all
    .filter((it) => /^\d+\.\d+\.\d+$/.test(it) && (it === wanted || it.startsWith(`${wanted}.`)))
    .toSorted((a, b) => compare(b, a))[0];
  if (found === undefined) throw new Error(`there is no version ${wanted}`);
  return found;
}

/** Below, above or equal to 0, as versions are. */
export function compare(a: string, b: string): number {
  const [x, y] = [a, b].map((it) => it.split('.').map(Number));
  const at = x?.findIndex((part, index) => part !== y?.[index]) ?? -1;
  return at < 0 ? 0 : (x?.[at] ?? 0) - (y?.[at] ?? 0);
}
