/** Downloads: files fetched once, checked, and kept on the machine that runs Pulumi. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file by its SHA-256, which lies on this machine or at a URL. */
export type Source = { url?: string | undefined; path?: string | undefined; sha256: string };

/** Where the file is to be found once `download` has run. */
export const downloaded = ({ path, sha256 }: Source): string =>
  path ?? join('.keelson', 'cache', sha256);

/**
 * Makes sure that the file is on this machine and is the one that was meant.
 *
 * A download is kept in `.keelson/cache/`; a second call finds it there. Waits up to ten minutes.
 * @returns the path of the file.
 * @throws when it cannot be fetched, or has another SHA-256.
 */
export async function download(source: Source): Promise<string> {
  const path = downloaded(source);
  if (source.url !== undefined && !existsSync(path)) await fetchTo(path, source.url, source.sha256);
  if (source.path !== undefined) await verify(path, source.path, source.sha256);
  return path;
}

async function fetchTo(path: string, url: string, sha256: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  // Two apps may want it at the same time.
  const part = `${path}.${randomUUID()}.part`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(600_000) });
    if (!answer.ok || !answer.body) throw new Error(`the answer is ${answer.status}`);
    await pipeline(Readable.fromWeb(answer.body), createWriteStream(part, { mode: 0o600 }));
    await verify(part, url, sha256);
    await rename(part, path);
  } catch (cause) {
    throw new Error(`${url}: ${reason(cause)}; check the address and the network`, { cause });
  } finally {
    await rm(part, { force: true });
  }
}

async function verify(path: string, name: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const actual = hash.digest('hex');
  if (actual !== sha256) throw new Error(`${name} has the SHA-256 ${actual}, not ${sha256}`);
}

/** Node's fetch hides why it failed in the cause of its error. */
const reason = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
};
