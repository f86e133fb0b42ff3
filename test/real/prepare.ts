/** Real apps, installed and built on this machine as their people would, once for all runs. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isRunning } from '../../tools/container/record.ts';
import { run } from '../../tools/lib/process.ts';
import { keep, root } from '../../tools/lib/pulumi.ts';
import type { App, Command } from './app.ts';

/** Two releases of an app: as its code is, and with its change. */
export type Prepared = {
  readonly first: string;
  readonly second: string;
  /** Such as `express 5.3.0, multer 2.5.0`. */
  readonly versions: string;
};

const minutes = 20;
const install: readonly Command[] = [['npm', 'install', '--omit=dev']];

const codeOf = ({ name, code = name }: App): string => join(root, 'test/real', code);

/** Installs an app unless that was done with the same code and commands. */
export async function prepared(app: App, kept = join(keep, 'apps')): Promise<Prepared> {
  const directory = join(kept, `${app.name}-${version(app)}`);
  if (!existsSync(directory)) {
    await removeOthers(app, kept);
    // Far from this clone, whose tsconfig.json and lockfile some builds would take for the app's own.
    const away = await mkdtemp('/var/tmp/keelson-app-');
    const making = `${directory}.${process.pid}`;
    try {
      await make(app, away);
      await succeed(['mv', away, making], kept);
      await rename(making, directory);
    } finally {
      await rm(away, { recursive: true, force: true });
    }
  }
  const [first = '', second = ''] = ['first', 'second'].map((name) => join(directory, name));
  return { first, second, versions: versionsIn(app, first) };
}

/** Removes what was installed of it with other code, or never to the end. */
async function removeOthers({ name }: App, kept: string): Promise<void> {
  await mkdir(kept, { recursive: true });
  const own = new RegExp(`^${name}-[0-9a-f]{12}(?:\\.(?<maker>[0-9]+))?$`);
  for (const found of readdirSync(kept)) {
    const match = own.exec(found);
    // Another run may be at work.
    if (match && !isRunning(Number(match.groups?.maker ?? 0)))
      await rm(join(kept, found), { recursive: true });
  }
}

/** All that decides what is installed, but for the versions that the packages ask for themselves. */
function version(app: App): string {
  const { name, section, use, still, ...decisive } = app;
  const hash = createHash('sha256').update(JSON.stringify(decisive)).update(process.version);
  const code = codeOf(app);
  const files = readdirSync(code, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const path of files.sort()) hash.update(path).update(readFileSync(path));
  return hash.digest('hex').slice(0, 12);
}

async function make(app: App, directory: string): Promise<void> {
  const [first, second] = [join(directory, 'first'), join(directory, 'second')];
  cpSync(codeOf(app), first, { recursive: true });
  for (const command of [...(app.install ?? install), ...(app.build ?? [])])
    await succeed(command, first);
  // Not as links: builds write into files that are there.
  await succeed(['cp', '--archive', '--reflink=auto', first, second], directory);
  const { file, from, to } = app.change;
  const text = readFileSync(join(second, file), 'utf8');
  if (!text.includes(from)) throw new Error(`${app.name}: ${file} holds no ${from}`);
  writeFileSync(join(second, file), text.replaceAll(from, to));
  for (const command of app.build ?? []) await succeed(command, second);
}

/** Without what the npm that runs this has put into the environment. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  return { ...Object.fromEntries(own), PATH: path, CI: 'true' };
}

async function succeed([program = '', ...args]: Command, cwd: string): Promise<void> {
  const options = { cwd, env: environment(), timeout: minutes * 60_000 };
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0)
    throw new Error(`${[program, ...args].join(' ')}: exit code ${code}\n${stdout}${stderr}`);
}

/** As they were installed. */
function versionsIn(app: App, directory: string): string {
  const read = (path: string) => JSON.parse(readFileSync(join(directory, path), 'utf8')) as Package;
  const { dependencies = {}, packageManager } = read('package.json');
  const names = app.versions ?? Object.keys(dependencies);
  const installed = names.map((name) => {
    const path = join(app.output ?? '', 'node_modules', name, 'package.json');
    return `${name} ${read(existsSync(join(directory, path)) ? path : join('node_modules', name, 'package.json')).version}`;
  });
  return [...installed, ...(packageManager ? [packageManager.replace('@', ' ')] : [])].join(', ');
}

type Package = {
  version?: string;
  dependencies?: Record<string, string>;
  packageManager?: string;
};
