/** What comes from outside: pinned to the byte, run by nobody when it is installed, and under a licence that lets it be used. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

type Package = {
  version: string;
  license?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  link?: boolean;
};
type Components = { components: { name: string; version: string }[] };

const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Package> };
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;

/** Those that come from a registry, by their paths in node_modules. */
const fetched = Object.entries(packages).filter(
  ([path, { link }]) => path.startsWith('node_modules/') && !link,
);
const paths = (holds: (one: Package) => boolean) =>
  fetched.filter(([, one]) => holds(one)).map(([path]) => path.replace(/.*node_modules\//, ''));

test('each package is pinned, by its version and by the hash of what it holds', () => {
  const named = { ...manifest.dependencies, ...manifest.devDependencies };
  assert.deepEqual(
    Object.entries(named).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    [],
  );
  assert.ok(fetched.length > 100);
  assert.deepEqual(
    paths(({ integrity }) => !integrity?.startsWith('sha512-')),
    [],
  );
});

test('none is run when it is installed, and of those that would be it is known why they need not', () => {
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
  assert.deepEqual(
    paths(({ hasInstallScript }) => hasInstallScript === true),
    [
      // Fetches its plugin, which set-up brings in a way that a mirror can serve.
      '@pulumi/command',
      // Compiled parts that ssh2 does without.
      'cpu-features',
      // Says that its version has changed.
      'protobufjs',
      'ssh2',
    ],
  );
});

test('each has a licence that asks for no more than to be named', () => {
  const free =
    /^\(?(Apache-2\.0|MIT|ISC|BSD-[23]-Clause|BlueOak-1\.0\.0|Python-2\.0|CC0-1\.0|CC-BY-3\.0|Unlicense|Zlib|0BSD)( (AND|OR) (Apache-2\.0|MIT|Zlib))*\)?$/;
  // Their licences are MIT's, in a file.
  const inFile = ['@logdna/tail-file', 'buildcheck', 'cpu-features', 'ssh2'];
  assert.deepEqual(
    paths(({ license = '' }) => !free.test(license)),
    inFile,
  );
});

test('the bill of materials names what programs use, in their versions', () => {
  const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { components } = JSON.parse(text) as Components;
  const listed = new Map(components.map(({ name, version }) => [name, version]));
  assert.deepEqual(
    Object.entries(manifest.dependencies ?? {}).filter(
      ([name, version]) => listed.get(name) !== version,
    ),
    [],
  );
});
