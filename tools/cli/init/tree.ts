/** The files of a project, made of the templates in `files/project/`. */
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import mustache from 'mustache';
import { template } from '../../../components/lib/template.ts';

export type View = Readonly<Record<string, unknown>>;

/** Files by their paths: their text, or the file that they are a copy of. */
export type Files = ReadonlyMap<string, { text: string } | { copyOf: string }>;

const templates = fileURLToPath(new URL('../../../files/project/', import.meta.url));
const ending = '.mustache';

/** What a service for repositories reads, at the root of a repository alone. */
const services = { github: /^\.github\//, gitlab: /^\.gitlab/ } as const;

/** Whose pipelines a project gets. */
export const pipelines = [...Object.keys(services), 'none'];

/**
 * All files of a project; what a service reads lies at the root of the repository around it.
 * @param view what the templates name; names of files are templates too.
 */
export function projectFiles(folder: string, pipeline: string, view: View): Files {
  const root = repositoryOf(folder);
  const inside = relative(root, folder) || '.';
  const files = names().flatMap((name) => {
    const [service] = Object.entries(services).find(([, own]) => own.test(name)) ?? [];
    if (service !== undefined && service !== pipeline) return [];
    const path = join(service ? root : folder, mustache.render(name, view));
    return [[path, { text: template(`project/${name}`, { ...view, folder: inside }) }] as const];
  });
  return new Map(files);
}

/** The templates' names, without their ending. */
const names = (): string[] =>
  readdirSync(templates, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => path.slice(0, -ending.length))
    .sort();

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
      `nothing was written, since ${there.length === 1 ? 'this is' : 'these are'} there already; choose another folder, or move it away:\n${there.map((path) => `  ${path}`).join('\n')}`,
    );
  for (const [path, from] of files) {
    mkdirSync(dirname(path), { recursive: true });
    if ('text' in from) writeFileSync(path, from.text, { flag: 'wx' });
    else copyFileSync(from.copyOf, path, constants.COPYFILE_EXCL);
  }
}
