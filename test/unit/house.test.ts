/** The plan of the house: the picture in docs/decisions.md, held against the imports. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = ['index.ts', ...globSync('components/**/*.ts', { cwd: root })].sort();

/** What a file imports of this project, types included. */
const imports = (file: string): string[] =>
  [...read(file).matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(root, join(root, dirname(file), path)),
  );

/** The folder of a file below components/; `index` is the program of a stack and the kit's front door. */
const roomOf = (file: string): string => /^components\/([^/]+)\//.exec(file)?.[1] ?? 'index';

/** `a --> b & c` in the picture, as `a → b` and `a → c`. */
function drawn(): string[] {
  const [, picture = ''] = /```mermaid\n(flowchart [^`]*)```/.exec(read('docs/decisions.md')) ?? [];
  const arrows = [...picture.matchAll(/^ *(\w+)(?:\[[^\]]*\])? --> (.+)$/gm)];
  return arrows.flatMap(([, from, to = '']) =>
    to.split('&').map((one) => `${from} → ${one.trim()}`),
  );
}

/** The arrows between rooms that the imports make, each with the files that make it. */
function built(): Map<string, string[]> {
  const arrows = new Map<string, string[]>();
  for (const file of sources)
    for (const imported of imports(file)) {
      const arrow = `${roomOf(file)} → ${roomOf(imported)}`;
      if (roomOf(file) !== roomOf(imported))
        arrows.set(arrow, [...(arrows.get(arrow) ?? []), `${file} imports ${imported}`]);
    }
  return arrows;
}

test('each import between rooms is an arrow in the picture', () => {
  const allowed = new Set(drawn());
  assert.ok(allowed.size > 5, 'docs/decisions.md has no picture of the house');
  const others = [...built()]
    .filter(([arrow]) => !allowed.has(arrow))
    .flatMap(([, files]) => files);
  assert.deepEqual(others, []);
});

test('each arrow in the picture is an import', () => {
  const arrows = built();
  assert.deepEqual(
    drawn().filter((arrow) => !arrows.has(arrow)),
    [],
  );
});

test('no file imports itself, by whatever way around', () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(!path.includes(file), `a circle: ${[...path, file].join(' → ')}`);
    if (done.has(file)) return;
    for (const imported of imports(file)) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
});

test('the rooms that know nothing of Pulumi do not load it', () => {
  const loaders = sources.filter((file) => /from '@pulumi\//.test(read(file)));
  const others = loaders.filter(
    (file) => !['pulumi', 'config', 'aws', 'fleet', 'index'].includes(roomOf(file)),
  );
  assert.deepEqual(others, []);
});

test('who looks into files of /etc passes by what became a pipe, which it would wait for', () => {
  const searches =
    /\bgrep (?!-D skip)[^|]*?["' ]("?\/etc\/|"?\$\{?(FILTER|OWN_UNITS|SSHD_FOLDER|HOST_ROOT)\b)/;
  const found = globSync('files/host/**/*.sh', { cwd: root }).flatMap((file) =>
    read(file)
      .split('\n')
      .filter((line) => !/^\s*#|\/proc\//.test(line) && searches.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  assert.deepEqual(found, []);
});

test('no file is longer than 200 lines, but for tests', () => {
  const files = globSync(['index.ts', '{components,files,tools}/**/*.{ts,sh,mustache}'], {
    cwd: root,
  });
  const lines = (file: string): number => read(file).split('\n').length - 1;
  assert.deepEqual(
    files.filter((file) => lines(file) > 200).map((file) => `${file}: ${lines(file)} lines`),
    [],
  );
});
