import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorWithRemedy } from '../lib/error.ts';
import { runAsRoot } from '../lib/process.ts';

/** The Debian releases that hosts can run. */
export const releases = ['bookworm', 'trixie'] as const;
export type Release = (typeof releases)[number];

const recipe = join(import.meta.dirname, 'base.sh');

/**
 * The tree of a fresh Debian, made at the first call: about a minute, mostly downloads.
 * A changed recipe makes a new one. Returns its path, which hosts must only read.
 */
export async function baseTree(release: Release, cache: string): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(recipe))
    .digest('hex')
    .slice(0, 12);
  const tree = join(cache, 'debian', `${release}-${version}`);
  const made = await runAsRoot(['sh', recipe, release, tree], { timeout: 900_000 });
  if (made.code !== 0) {
    throw new ErrorWithRemedy(
      `No Debian ${release} could be made (exit code ${made.code}):\n${lastLines(made.stderr)}`,
      'Check that this machine reaches its Debian mirror (apt-get update) and has disk space, and try again.',
    );
  }
  return tree;
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-12).join('\n');
}
