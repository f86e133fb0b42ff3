/** Where this very package came from, so that a project gets the same one. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const manifestSchema = z.object({
  version: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

const read = (file: string) => manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

/** The package's folder: below node_modules, or a clone. */
const folder = dirname(fileURLToPath(import.meta.resolve('keelson/package.json')));

/** The version of Pulumi's SDK that the package is tried with. */
export const pulumiVersion = (): string =>
  read(join(folder, 'package.json')).devDependencies['@pulumi/pulumi'] ?? 'latest';

/** What a project's package.json says of the package; where that is a tarball, it is copied into the project. */
export type Origin = { readonly spec: string; readonly tarball?: string };

/**
 * As whoever installed the package has it; in a clone the tarball that `npm run package` made there.
 * @throws when neither is there.
 */
export function origin(from = folder): Origin {
  const parent = dirname(dirname(from));
  const isInstalled = basename(dirname(from)) === 'node_modules';
  return isInstalled ? installed(parent) : packed(from);
}

function installed(parent: string): Origin {
  const { dependencies, devDependencies } = read(join(parent, 'package.json'));
  const spec = dependencies.keelson ?? devDependencies.keelson;
  if (spec === undefined)
    throw new Error(
      `${join(parent, 'package.json')} does not name keelson, which lies beside it; npm install it there`,
    );
  const [, path] = /^file:(.*\.t(?:ar\.)?gz)$/.exec(spec) ?? [];
  return path === undefined ? { spec } : asFile(resolve(parent, path));
}

function packed(clone: string): Origin {
  const { version } = read(join(clone, 'package.json'));
  const tarball = join(clone, '.keelson', `keelson-${version}.tgz`);
  if (existsSync(tarball)) return asFile(tarball);
  throw new Error(`${tarball} is not there; npm run package makes it`);
}

const asFile = (tarball: string): Origin => ({ spec: `file:${basename(tarball)}`, tarball });
