/** The workflows that a project copies, held against what reads them: actionlint, and shellcheck for GitLab's lines. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { projectFiles, writeAll } from '../../tools/cli/init/tree.ts';
import { root } from '../../tools/lib/pulumi.ts';

const [actionlint = ''] = (() => {
  const { status, stderr } = spawnSync(
    'sh',
    ['tools/setup.sh', '--no-pulumi', '--shellcheck', '--actionlint'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stderr);
  return globSync('.keelson/actionlint/*/actionlint', { cwd: root }).map((path) =>
    join(root, path),
  );
})();

/** A repository that copied the templates. */
function copied(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-workflows-'));
  t.after(() => rmSync(directory, { recursive: true }));
  cpSync(join(root, 'files/project'), directory, { recursive: true });
  assert.equal(spawnSync('git', ['init', '-q'], { cwd: directory }).status, 0);
  return directory;
}

const lint = (cwd: string) => spawnSync(actionlint, ['-no-color'], { cwd, encoding: 'utf8' });

test('actionlint, with shellcheck for what runs, finds nothing wrong with the workflows', (t) => {
  const { status, stdout } = lint(copied(t));
  assert.deepEqual([status, stdout], [0, '']);
});

test('nor with those of a project in a folder of its repository, with one environment', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-workflows-'));
  t.after(() => rmSync(directory, { recursive: true }));
  assert.equal(spawnSync('git', ['init', '-q'], { cwd: directory }).status, 0);
  const view = {
    ...{ app: 'shop', environment: 'live', address: 'web1.example.com', user: false, source: '..' },
    ...{ run: [], domain: 'default', health: '/health', noHealth: false, pipelines: true },
    ...{ build: false, keelson: '0.1.0', pulumi: '3.0.0' },
  };
  writeAll(projectFiles(join(directory, 'deploy'), 'github', view));
  const { status, stdout } = lint(directory);
  assert.deepEqual([status, stdout], [0, '']);
});

test('actionlint sees what is wrong: an input of the own action, and shell that splits', (t) => {
  const directory = copied(t);
  const path = join(directory, '.github/workflows/preview.yml');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('ssh-key:', 'ssh-kye:').replace('"$stacks"', '$stacks'));
  const { status, stdout } = lint(directory);
  assert.equal(status, 1);
  assert.match(stdout, /input "ssh-kye" is not defined in action "Keelson"/);
  assert.match(stdout, /SC2086/);
});
