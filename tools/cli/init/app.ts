/** An app as its folder shows it: its name, and what starts it. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { quoted } from './pipelines.ts';

const manifestSchema = z.object({
  name: z.string().optional(),
  main: z.string().optional(),
  scripts: z.record(z.string(), z.string()).optional(),
});

type Manifest = z.infer<typeof manifestSchema>;

/** What is run, as settings of a stack file: a script of Node.js's with its arguments, or a program. */
export type Runs = { start: string; args?: string[] } | { exec: string[] };

/**
 * What package.json in an app's folder says; empty where there is none.
 * @throws naming the file, when it cannot be read.
 */
function manifestIn(folder: string): Manifest {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return {};
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** A name that is as near as can be to the package's, or to the folder's. */
export function nameOf(folder: string): string {
  const name = (manifestIn(folder).name ?? basename(resolve(folder))).replace(/^@[^/]*\//, '');
  return name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
}

/**
 * What a shell runs to make an app's folder what is deployed, where npm's lockfile lies in it; undefined elsewhere.
 *
 * @param path the folder as the shell reaches it.
 * @example buildOf('../shop', '..') // 'cd .. && npm ci && npm run build --if-present && npm prune --omit=dev'
 */
export const buildOf = (folder: string, path: string): string | undefined =>
  existsSync(join(folder, 'package-lock.json'))
    ? `cd ${quoted(path)} && npm ci && npm run build --if-present && npm prune --omit=dev`
    : undefined;

/**
 * What `npm start` runs, where it needs no shell; else `main`, and what Node.js starts by itself.
 * @example runsOf('../shop') // { start: 'server.js' }
 */
export function runsOf(folder: string): Runs | undefined {
  const { scripts, main } = manifestIn(folder);
  const script = scripts?.start;
  if (script !== undefined) return withoutShell(folder, script.trim().split(/\s+/));
  const found = [main, 'server.js', 'index.js'].find(
    (name) => name !== undefined && existsSync(join(folder, name)),
  );
  return found === undefined ? undefined : { start: found };
}

function withoutShell(folder: string, words: readonly string[]): Runs | undefined {
  const [program = '', ...rest] = words;
  // What a shell would read otherwise, variables before the program too.
  if (!words.every((word) => /^[\w./:@%+-][\w./:=,@%+-]*$/.test(word)) || program.includes('='))
    return undefined;
  const own = `node_modules/.bin/${program}`;
  if (program === 'node') return nodeRuns(rest);
  return existsSync(join(folder, own)) ? { exec: [own, ...rest] } : undefined;
}

/** Options of Node.js before the script are left to whoever writes `nodeArgs`. */
function nodeRuns([script, ...args]: readonly string[]): Runs | undefined {
  if (script === undefined || script.startsWith('-')) return undefined;
  return { start: script, ...(args.length > 0 && { args }) };
}
