/** The files of a project, made of the templates in `files/project/`. */
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import mustache from 'mustache';
import { template } from '../../../components/lib/template.ts';
import { fitted, isWanted, serviceOf } from './pipelines.ts';

export type View = Readonly<Record<string, unknown>>;

/** Files by their paths: their text, or the file that they are a copy of. */
export type Files = ReadonlyMap<string, { text: string } | { copyOf: string }>;

const templates = fileURLToPath(new URL('../../../files/project/', import.meta.url));
const ending = /\.mustache$/;

/**
 * All files of a project: templates are rendered, what is none is taken as it is, and pipelines lie at the root of the
 * repository around it.
 *
 * @param view what the templates name; names of files are templates too.
 */
export function projectFiles(folder: string, pipeline: string, view: View): Files {
  const root = repositoryOf(folder);
  const inside = relative(root, folder) || '.';
  const wanted = names().filter((name) => isWanted(name, pipeline));
  const files = wanted.map((name) => {
    const service = serviceOf(name);
    const path = join(service ? root : folder, mustache.render(name.replace(ending, ''), view));
    const text = textOf(name, view);
    const stack = String(view.environment);
    return [path, { text: service ? fitted(name, text, inside, stack) : text }] as const;
  });
  return new Map(files);
}

const names = (): string[] =>
  readdirSync(templates, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(templates, join(entry.parentPath, entry.name)))
    .sort();

const textOf = (name: string, view: View): string =>
  ending.test(name)
    ? template(`project/${name.replace(ending, '')}`, view)
    : readFileSync(join(templates, name), 'utf8');

/** The nearest folder above that git has; the project's own where there is none. */
function repositoryOf(folder: string): string {
  for (let above = folder; ; above = dirname(above)) {
    if (existsSync(join(above, '.git'))) return above;
    if (above === dirname(above)) return folder;
  }
}

/** Writes all files, or none where one of them is there already. @throws naming those. */
export function writeAll(files: Files): void {
  const there = [...files.keys()].filter((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (there.length > 0)
    throw new Error(
      `nothing was written, since ${there.length === 1 ? 'this is' : 'these are'} there already; choose another folder, move it away, or take --pipeline none:\n${there.map((path) => `  ${path}`).join('\n')}`,
    );
  for (const [path, from] of files) {
    mkdirSync(dirname(path), { recursive: true });
    if ('text' in from) writeFileSync(path, from.text, { flag: 'wx' });
    else copyFileSync(from.copyOf, path, constants.COPYFILE_EXCL);
  }
}
