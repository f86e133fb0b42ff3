/** What an app runs, looked for in its release before anything is sent: its command, its hooks, what asks for its health. */
import type { Entry } from '../../lib/entry.ts';
import { follow } from '../../lib/follow.ts';
import { named } from '../../lib/plain.ts';
import type { Conversation } from '../conversation.ts';
import type { Healthy } from '../healthy.ts';
import type { Node } from '../node.ts';
import { home } from '../user.ts';
import { packageManager, type Run } from './managers.ts';

/** What of an app says what is run. */
export type Running = {
  readonly name: string;
  readonly start?: string | undefined;
  readonly exec?: readonly string[] | undefined;
  readonly node?: Node;
  readonly rollout?: Readonly<Record<string, unknown>> & {
    readonly before?: readonly string[] | undefined;
    readonly after?: readonly string[] | undefined;
  };
  readonly healthy?: Healthy | Conversation;
};

type Entries = ReadonlyMap<string, Entry>;

/** Something that cannot run, and the setting that asks for it. */
export class CannotRun extends Error {
  readonly setting: string;

  constructor(setting: string, message: string) {
    super(message);
    this.setting = setting;
  }
}

/** Commands that are not `start`. */
export function runsOf({ exec, rollout, healthy }: Running): Run[] {
  const all: [string, readonly string[] | undefined][] = [
    ['exec', exec],
    ['rollout.before', rollout?.before],
    ['rollout.after', rollout?.after],
    ['healthy.command', healthy && 'command' in healthy ? healthy.command : undefined],
  ];
  return all.flatMap(([setting, words]) => (words ? [{ setting, words }] : []));
}

/** @throws naming the first setting whose program, script or interpreter will not be there, and what to write instead. */
export function checkRuns(app: Running, entries: Entries): void {
  for (const run of runsOf(app)) {
    const fault = faultOf(app, run, entries);
    if (fault !== undefined) throw new CannotRun(run.setting, fault);
  }
  const { start } = app;
  const script = start === undefined ? undefined : scriptAt(entries, start);
  const interpreter = script && interpreterOf(script);
  // Node.js passes over the whole line, whatever else it says.
  if (interpreter !== undefined && !/\bnode(?:js)?(?:\s|$)/.test(interpreter))
    throw new CannotRun(
      'start',
      `${start} is no JavaScript but begins with #!${interpreter}; name the script that it starts, or give exec: [${start}]`,
    );
}

function faultOf(app: Running, run: Run, entries: Entries): string | undefined {
  const [program = '', ...rest] = run.words;
  if (program === 'node') return missingScript(rest, entries);
  const manager = packageManager(run, entries);
  if (manager !== undefined) return manager;
  const path = insideOf(app, run);
  if (path === undefined) return strayName(program, entries);
  const found = follow(entries, path);
  if (found?.type !== 'file') {
    const near = `node_modules/.bin/${program}`;
    const meant = follow(entries, near) ? `write ${near}` : 'build the app first, or mend the path';
    return `${found ? `${path} of the app is a directory` : `the app holds no ${path}`}; ${meant}`;
  }
  if (!found.executable) return `${path} is not executable; chmod +x it, or run it with node`;
  const interpreter = interpreterOf(found);
  // What has no first line of this kind /usr/bin/env, which starts hooks, gives to the shell.
  if (interpreter === undefined)
    return run.setting !== 'exec' || isBinary(found)
      ? undefined
      : `${path} does not say what runs it; begin it with #!/usr/bin/env node, or give it to node`;
  return missingInterpreter(app, path, interpreter);
}

/** The path of a command inside the release; undefined for one that the host has. */
function insideOf(app: Running, { setting, words: [program = ''] }: Run): string | undefined {
  const current = `${home(app)}/current/`;
  if (program.startsWith(current)) return program.slice(current.length);
  if (program.startsWith('/')) return undefined;
  // Where an instance starts a path, a hook starts a name that is looked for in PATH.
  return setting === 'exec' || program.includes('/') ? program : undefined;
}

/** A hook's name that is a program of the app's dependencies, which are not in PATH. */
const strayName = (program: string, entries: Entries): string | undefined =>
  !program.startsWith('/') && follow(entries, `node_modules/.bin/${program}`)
    ? `${program} is looked for among the programs of the server, not of the app; write node_modules/.bin/${program}`
    : undefined;

/** Options of Node.js after which no script comes, or none that could be told from their value. */
const vague =
  /^(?:-[^-].*|--|--(?:require|import|loader|experimental-loader|conditions|env-file(?:-if-exists)?|eval|print|test|run|check|watch-path|input-type|interactive))$/;

/** The script among the arguments of Node.js, as far as it can be told. */
export function scriptOf(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => !word.startsWith('-'));
  return at < 0 || words.slice(0, at).some((option) => vague.test(option)) ? undefined : words[at];
}

function missingScript(words: readonly string[], entries: Entries): string | undefined {
  const script = scriptOf(words);
  if (script === undefined || script.startsWith('/') || scriptAt(entries, script)) return undefined;
  return `the app holds no ${named(script)}; build the app first, or mend the path`;
}

/** What Node.js starts by this path: server.js also as server, and what a directory names as its own. */
export function scriptAt(entries: Entries, path: string): Entry | undefined {
  const found = follow(entries, path);
  if (found?.type === 'file') return found;
  const endings = ['.js', '.json', '.node', '/index.js', '/index.json', '/index.node'];
  const file = endings
    .map((ending) => follow(entries, `${path}${ending}`))
    .find((entry) => entry?.type === 'file');
  return file ?? follow(entries, `${path}/package.json`);
}

const firstBytes = (entry: Entry): Buffer =>
  entry.type === 'file' ? entry.content().subarray(0, 256) : Buffer.alloc(0);

/** An ELF program. */
const isBinary = (entry: Entry): boolean =>
  firstBytes(entry).subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'));

/** What stands after `#!` in the first line, a carriage return included. */
function interpreterOf(entry: Entry): string | undefined {
  const [, line] = /^#! *([^\n]*)/.exec(firstBytes(entry).toString('latin1')) ?? [];
  return line?.replace(/ +$/, '');
}

/** Where Debian has programs. */
const folders = /^\/(usr\/)?s?bin\//;

function missingInterpreter(app: Running, path: string, line: string): string | undefined {
  if (line.endsWith('\r'))
    return `${path} has the line breaks of Windows, so that its first line names no program; save it with those of Unix`;
  const [program = '', ...rest] = line.split(/\s+/);
  const words = rest.filter((word) => !word.startsWith('-') && !word.includes('='));
  const name = /\/env$/.test(program) ? (words[0] ?? '') : program;
  const remedy = 'begin it with #!/usr/bin/env node, or give its script to node';
  if (/^(npm|npx|yarn|pnpm|pnpx|bun|bunx|deno|tsx|ts-node)$/.test(name.replace(/^.*\//, '')))
    return `${path} begins with #!${line}, and no ${name} will be on the server; ${remedy}`;
  if (!name.startsWith('/')) return undefined;
  if (!folders.test(name))
    return `${path} begins with #!${line}, which will not be on the server; ${remedy}`;
  // It may be there, of another version.
  return /\/node(js)?$/.test(name) && typeof app.node === 'object'
    ? `${path} begins with #!${line}, Debian’s Node.js, and the app has one of its own; ${remedy}`
    : undefined;
}
