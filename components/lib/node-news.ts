/** Whether a newer build of Node.js is out than the one that is pinned; asked once a day. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { downloaded } from './download.ts';
import { compare, newestVersion } from './node-builds.ts';
import { type Processor, readPins } from './node-pins.ts';

const day = 24 * 3600 * 1000;

type News = Record<string, { version: string; at: number } | undefined>;

/** The pinned version and the newer one; undefined where there is none, or nobody tells. */
export async function newerBuild(
  wanted: string,
  processor: Processor,
  file: string,
): Promise<{ pinned: string; newer: string } | undefined> {
  const pinned = readPins(file)[wanted]?.version;
  if (pinned === undefined || pinned === wanted) return undefined;
  const newer = await known(wanted, processor);
  return newer !== undefined && compare(newer, pinned) > 0 ? { pinned, newer } : undefined;
}

async function known(wanted: string, processor: Processor): Promise<string | undefined> {
  const path = downloaded({ sha256: 'node-news.json' });
  const news = read(path);
  const last = news[wanted];
  if (last && Date.now() - last.at < day) return last.version;
  const version = await newestVersion(wanted, processor).catch(() => undefined);
  // Also that nobody told is not asked again today.
  const told = {
    ...read(path),
    [wanted]: { version: version ?? last?.version ?? '', at: Date.now() },
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, JSON.stringify(told));
  return version;
}

function read(path: string): News {
  try {
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as News) : {};
  } catch {
    return {};
  }
}
