/** Package managers, which no server gets: what to write in their place. */
import type { Entry } from '../../lib/entry.ts';
import { follow } from '../../lib/follow.ts';

/** A command, and the setting that gives it. */
export type Run = { readonly setting: string; readonly words: readonly string[] };

type Entries = ReadonlyMap<string, Entry>;

const managers = /^(?:npm|npx|yarn|pnpm|pnpx|bun|bunx|corepack)$/;
/** What begins a program of the dependencies, not a script of package.json. */
const starters = /^(?:npx|pnpx|bunx)$/;
const needless = /^(?:run|run-script|exec|dlx|x)$/;

/** Bun runs apps as well: the server's by an absolute path, or one that the app brings along. */
const isRuntime = (program: string, entries: Entries): boolean =>
  /(?:^|\/)bun$/.test(program) &&
  (program.startsWith('/') || follow(entries, program)?.type === 'file');

/** What is wrong with a command of a package manager; undefined for any other. */
export function packageManager({ setting, words }: Run, entries: Entries): string | undefined {
  const manager = (words[0] ?? '').replace(/^.*\//, '');
  if (!managers.test(manager) || isRuntime(words[0] ?? '', entries)) return undefined;
  const given = words.slice(1).filter((word) => !word.startsWith('-'));
  const isProgram = starters.test(manager) || /^(?:exec|dlx|x)$/.test(given[0] ?? '');
  const [name = '', ...rest] = given.filter((word, at) => at > 0 || !needless.test(word));
  const said = `no ${manager} will be on the server`;
  const script = isProgram ? [name, ...rest].join(' ') : scripts(entries)[name];
  if (script === undefined || script === '')
    return `${said}; write what it runs, such as ${setting === 'exec' ? 'start: server.js' : `${setting}: [node, migrate.js]`}`;
  const runs = isProgram ? said : `${said}; \`${words.join(' ')}\` runs \`${script}\``;
  return `${runs}; write ${instead(setting, script.trim().split(/\s+/), entries)}`;
}

/** The same as a setting, where no shell is needed for it. */
function instead(setting: string, words: readonly string[], entries: Entries): string {
  const key = setting.replace(/^.*\./, '');
  const [program = '', ...rest] = words;
  const list = (...all: string[]) => `[${all.join(', ')}]`;
  if (!words.every((word) => /^[\w./:,@+-][\w./:=,@+-]*$/.test(word)) || program.includes('='))
    return 'that as a command without a shell, its variables in env';
  if (program === 'node' && setting === 'exec' && rest[0] && !rest[0].startsWith('-'))
    return `start: ${rest[0]}${rest.length > 1 ? ` and args: ${list(...rest.slice(1))}` : ''}`;
  if (program === 'node' || program.includes('/')) return `${key}: ${list(...words)}`;
  const found = `node_modules/.bin/${program}`;
  return follow(entries, found)
    ? `${key}: ${list(found, ...rest)}`
    : `${key}: ${list('PATH', ...rest)} with the path of ${program} in the app, which holds no ${found}`;
}

/** The scripts of the app's package.json; none where it cannot be read. */
function scripts(entries: Entries): Readonly<Record<string, string | undefined>> {
  const file = follow(entries, 'package.json');
  if (file?.type !== 'file') return {};
  try {
    const { scripts } = JSON.parse(file.content().toString()) as { scripts?: unknown };
    const all = Object.entries(scripts ?? {}).filter(([, script]) => typeof script === 'string');
    return Object.assign(Object.create(null), Object.fromEntries(all));
  } catch {
    return {};
  }
}
