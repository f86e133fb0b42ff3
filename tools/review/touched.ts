/** Which stacks a change touches: by their files, by what their files name, and by the program. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { parse } from 'yaml';
import { folderAbove, projectRoot, stackFolder } from '../../components/config/stack-file.ts';
import { stacksIn } from '../../components/config/stack-on-disk.ts';

export type Project = {
  /** Where Pulumi.yaml is. */
  readonly directory: string;
  /** Where the repository begins; absolute, as all paths here. */
  readonly repository: string;
};

/** What no run of the program reads. */
const without =
  /^(docs|tests?|\.github|\.gitlab|\.vscode)\/|(^|\/)[^/]*\.md$|^(LICENSE|\.gitignore|\.gitlab-ci\.yml)$/;

const lockfiles = ['package.json', 'package-lock.json', 'pnpm-lock.yaml', 'yarn.lock'];

/**
 * The stacks among `names` (all that have a file, when not given) that some of these files touch. A file of the
 * project that no stack claims is the program, and touches them all.
 *
 * @param changed absolute paths; undefined when what changed is not known, which is all.
 */
export function touched(
  project: Project,
  changed: readonly string[] | undefined,
  names: readonly string[] = allStacks(project),
): string[] {
  if (changed === undefined) return [...names];
  const apps = allStacks(project).flatMap((name) => sources(project, name));
  if (changed.some((path) => isProgram(project, path) && !isIn(path, apps))) return [...names];
  return names.filter((name) => {
    const paths = claims(project, name);
    return changed.some((path) => isIn(path, paths));
  });
}

/** What differs from where this branch left `base`; undefined where git cannot tell. */
export const changedSince = (base: string, project: Project): string[] | undefined =>
  changed(`${base}...HEAD`, project);

/** What differs from `before` itself, also where a push took commits away; undefined where git does not have it. */
export const changedFrom = (before: string, project: Project): string[] | undefined =>
  changed(`${before}..HEAD`, project);

function changed(range: string, { repository }: Project): string[] | undefined {
  const args = ['diff', '--name-only', '--no-renames', '-z', range, '--'];
  const { status, stdout } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' });
  if (status !== 0) return undefined;
  return stdout
    .split('\0')
    .filter(Boolean)
    .map((path) => join(repository, path));
}

/** The project in a directory, or above it; where there is none, the directory itself. */
export function projectAt(from: string): Project {
  const directory = projectRoot(from) ?? resolve(from);
  return { directory, repository: folderAbove(directory, '.git') ?? directory };
}

const isIn = (path: string, directories: readonly string[]): boolean =>
  directories.some((directory) => path === directory || path.startsWith(directory + sep));

/** A file of the project itself, or what says the versions of its packages, which may lie above it. */
function isProgram({ directory, repository }: Project, path: string): boolean {
  const stacks = stackFolder(directory);
  if (lockfiles.includes(basename(path)) && isIn(directory, [dirname(path)])) return true;
  if (!isIn(path, [directory]) || (stacks !== directory && isIn(path, [stacks]))) return false;
  const isOtherStack = /^Pulumi\..+\.yaml$/.test(basename(path)) && dirname(path) === stacks;
  return (
    !isOtherStack &&
    !without.test(relative(repository, path)) &&
    !without.test(relative(directory, path))
  );
}

const allStacks = ({ directory }: Project): string[] => stacksIn(stackFolder(directory));

/** The stack's file, those that it extends, the builds of Node.js, and whatever path any of them names. */
function claims({ directory, repository }: Project, name: string): string[] {
  const stacks = stackFolder(directory);
  const files = chain(join(stacks, `Pulumi.${name}.yaml`));
  const named = files.flatMap((file) => texts(read(file))).map((text) => resolve(directory, text));
  return [...files, join(stacks, 'node.json'), ...named.filter((path) => isIn(path, [repository]))];
}

/** The code of a stack's apps, as far as the program is not part of it. */
function sources({ directory }: Project, name: string): string[] {
  const files = chain(join(stackFolder(directory), `Pulumi.${name}.yaml`));
  const paths = files.flatMap((file) => texts(read(file), 'source'));
  return paths.map((path) => resolve(directory, path)).filter((path) => !isIn(directory, [path]));
}

/** A stack file, and one after another what it extends. */
function chain(file: string, seen: readonly string[] = []): string[] {
  if (seen.includes(file)) return [];
  const { config } = (read(file) ?? {}) as { config?: Record<string, unknown> };
  const base = config?.['keelson:extends'];
  const next = [base].flat().filter((it): it is string => typeof it === 'string');
  return [file, ...next.flatMap((it) => chain(resolve(dirname(file), it), [...seen, file]))];
}

/** Each text in a value that could be a path; those at or below one key alone, where it is given. */
function texts(value: unknown, key?: string): string[] {
  if (typeof value === 'string')
    return key === undefined && /^[^\0\n]{1,255}$/.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    texts(inner, name === key ? undefined : key),
  );
}

function read(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
