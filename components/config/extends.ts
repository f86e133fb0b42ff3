/** Extends: the files that a stack file is merged over, in their order. */
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { z } from 'zod';
import type { Given } from './given.ts';
import { examine, type Problem, show } from './problem.ts';
import { ConfigError } from './read.ts';
import { type Layer, readShared, Unusable } from './shared-file.ts';
import { readText } from './stack-text.ts';

const path = z.string().min(1, 'is empty; write a path beside this file');

export const extendsSchema = z
  .union([path, z.array(path).min(1, 'is empty; name a file, or leave it out')])
  .describe('Files beside this one over which it is merged; of several the later ones win');

/**
 * The layers of a stack's configuration: what it extends, the lowest first, then its own file.
 * @throws ConfigError where a file cannot be read, or is no shared file.
 */
export function layersOf({ values, encrypted, file }: Given): readonly Layer[] {
  if (encrypted.has('extends'))
    throw new ConfigError('the stack file', [
      'extends: is encrypted; write the path into the stack file as it is',
    ]);
  if (!file)
    throw new ConfigError('the stack file', [
      'extends: the stack file was not found, beside which to look; run pulumi in the project, or name the file with --config-file',
    ]);
  const { extends: _, ...own } = values;
  const { lines } = readText(file.text);
  const problems: Problem[] = [];
  const found: Found = { done: new Map(), problems };
  const stack = { path: resolve(file.path), name: named(file.path) };
  visit(values.extends, { ...stack, lines, chain: [] }, found);
  if (problems.length > 0) throw new ConfigError('the stack file with what it extends', problems);
  const shared = [...found.done.values()].filter((layer) => layer !== undefined);
  return [...shared, { name: stack.name, text: file.text, values: own, lines }];
}

type Found = { readonly done: Map<string, Layer | undefined>; readonly problems: Problem[] };

/** A file that extends others, and those that extend it. */
type User = {
  readonly path: string;
  readonly name: string;
  readonly lines: Layer['lines'];
  readonly chain: readonly string[];
};

function visit(given: unknown, user: User, found: Found): void {
  const at = `${user.name}:${user.lines.get('extends') ?? '?'}`;
  const { value, problems } = examine(extendsSchema, given, ['extends']);
  found.problems.push(...problems.map((problem) => `${at}: ${problem}`));
  const chain = [...user.chain, user.path];
  for (const one of [value ?? []].flat()) {
    const path = resolve(dirname(user.path), one);
    if (chain.includes(path)) {
      const circle = [...chain.slice(chain.indexOf(path)), path].map(named).join(' → ');
      found.problems.push(`${at}: extends: is a circle, ${circle}; take one of them out`);
    } else if (!found.done.has(path)) take(path, { at, one, chain }, found);
  }
}

/** Reads one file after those that it extends itself; each counts once, where it is first met. */
function take(
  path: string,
  { at, one, chain }: { at: string; one: string; chain: readonly string[] },
  found: Found,
): void {
  const name = named(path);
  let layer: Layer | undefined;
  try {
    const { values, ...rest } = readShared(path, name);
    const { extends: more, ...own } = values;
    if (more !== undefined) visit(more, { path, name, lines: rest.lines, chain }, found);
    layer = { ...rest, values: own };
  } catch (error) {
    const { code } = error as { code?: string };
    if (!(error instanceof Unusable) && code === undefined) throw error;
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    found.problems.push(
      ...(error instanceof Unusable
        ? error.problems
        : [`${at}: extends: ${show(one)} ${why}; write a path beside this file`]),
    );
  }
  found.done.set(path, layer);
}

/** A path as it is told: from the working directory, where it is below it. */
function named(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') || isAbsolute(near) ? path : near;
}
