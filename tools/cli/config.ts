/** The configuration of a stack as it comes out, with where each value comes from: `npm run config -- production`. */
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { type Resolved, resolve } from '../../components/config/config.ts';
import { Origin, originsOf, type Tree } from '../../components/config/origins.ts';
import { projectRoot, stackFolder } from '../../components/config/stack-file.ts';
import { readStackFile, stacksIn } from '../../components/config/stack-on-disk.ts';
import type { Command } from './command.ts';

const usage = 'Usage: keelson config STACK [--json]';

/**
 * Prints the resolved configuration of a stack; it asks neither Pulumi nor a server, and shows no secret.
 * @returns the exit code: 1 where the stack is not there or its configuration has problems, 2 for wrong arguments.
 */
async function run(args: readonly string[]): Promise<number> {
  const root = projectRoot('.');
  if (root === undefined)
    return refuse('there is no Pulumi.yaml here or above; go to the project', 1);
  // What a stack file names is relative to the project.
  process.chdir(root);
  const folder = relative(root, stackFolder(root)) || '.';
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [stack, ...others] = positionals;
  if (stack === undefined || others.length > 0)
    return refuse(`${usage}; stacks: ${stacksIn(folder).join(', ')}`, 2);
  console.log(described(stack, join(folder, `Pulumi.${stack}.yaml`), values.json));
  return 0;
}

export const config: Command = {
  name: 'config',
  usage,
  summary: 'prints what a stack file and what it extends come to, with the origin of each value',
  run,
};

function refuse(message: string, code: number): number {
  console.error(message);
  return code;
}

function described(stack: string, path: string, json: boolean): string {
  const given = readStackFile(path);
  const resolved = resolve(given);
  const file = given.file ?? { path, text: '' };
  const origins = originsOf(resolved, file);
  const files = filesOf(resolved, path);
  if (json)
    return JSON.stringify(
      { stack, files, settings: plain(origins), from: sources(origins) },
      null,
      2,
    );
  const untold = /^environment:/m.test(file.text) ? ['# What environment: adds is not shown.'] : [];
  return [`# stack ${stack}: ${files.join(', ')}`, ...untold, ...aligned(lines(origins))].join(
    '\n',
  );
}

/** The files that it is made of, the one with the last word first. */
const filesOf = ({ layers }: Resolved, path: string): string[] =>
  layers.length > 0 ? layers.map(({ name }) => name).reverse() : [path];

const plain = (tree: Tree): unknown =>
  tree instanceof Origin
    ? tree.value
    : Object.fromEntries([...tree].map(([key, inner]) => [key, plain(inner)]));

/** Where each value comes from, by its path. */
const sources = (tree: Tree, path: readonly string[] = []): Record<string, string> =>
  tree instanceof Origin
    ? { [path.join('.')]: tree.from }
    : Object.assign({}, ...[...tree].map(([key, inner]) => sources(inner, [...path, key])));

type Line = { readonly text: string; readonly from?: string };

function lines(tree: Tree, indent = ''): Line[] {
  if (tree instanceof Origin) return [];
  return [...tree].flatMap(([key, inner]): Line[] => {
    const begin = `${indent}${inOneLine(key)}:`;
    if (inner instanceof Origin)
      return [{ text: `${begin} ${inOneLine(inner.value)}`, from: inner.from }];
    if (inner.size === 0) return [{ text: `${begin} {}` }];
    return [{ text: begin }, ...lines(inner, `${indent}  `)];
  });
}

/** A value as YAML, also a text of several lines. */
const inOneLine = (value: unknown): string =>
  typeof value === 'string' && /[\n\r]/.test(value)
    ? JSON.stringify(value)
    : stringify(value, {
        lineWidth: 0,
        collectionStyle: 'flow',
        flowCollectionPadding: false,
      }).trimEnd();

/** Origins in one column, where lines are not too long for it. */
function aligned(all: readonly Line[]): string[] {
  const widest = Math.max(
    0,
    ...all.map(({ text }) => text.length).filter((length) => length <= 56),
  );
  return all.map(({ text, from }) =>
    from === undefined ? text : `${text.padEnd(widest)}  # ${from}`,
  );
}
