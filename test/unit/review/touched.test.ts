import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { changedFrom, changedSince, projectAt, touched } from '../../../tools/review/touched.ts';

const repository = realpathSync(mkdtempSync(join(tmpdir(), 'keelson-touched-')));
after(() => rmSync(repository, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), text);
}

const stack = (apps: string, more = ''): string => `config:\n${more}  keelson:apps:\n${apps}`;

const git = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.trim();
};

git('init', '-q');
git('config', 'user.email', 'a@example.com');
git('config', 'user.name', 'a');
write('infra/Pulumi.yaml', 'name: mine\nstackConfigDir: stacks\n');
write('infra/index.ts', '');
write(
  'infra/stacks/Pulumi.staging.yaml',
  stack('    shop: {source: ../shop, start: server.js}\n', '  keelson:extends: shared.yaml\n'),
);
write(
  'infra/stacks/Pulumi.production.yaml',
  stack(
    '    shop: {source: ../shop}\n    mail: {source: apps/mail, start: index.ts}\n  keelson:server: {privateKey: keys/production}\n',
    '  keelson:extends: [shared.yaml, big.yaml]\n',
  ),
);
write('infra/stacks/Pulumi.demo.yaml', stack('    demo: {source: {path: apps/demo}}\n'));
write('infra/stacks/shared.yaml', stack('    shop: {}\n', '  keelson:extends: base.yaml\n'));
write('infra/stacks/base.yaml', 'config: {keelson:extends: shared.yaml}\n');
write('infra/stacks/big.yaml', 'config: {}\n');
write('shop/server.js', '');
git('add', '-A');
git('commit', '-qm', 'one');

const project = projectAt(join(repository, 'infra'));
const by = (...paths: string[]): string =>
  touched(
    project,
    paths.map((path) => join(repository, path)),
  ).join(' ');
const all = 'demo production staging';

test('a stack is touched by its file, by those that it extends in turn, and by what they name', () => {
  assert.equal(by('infra/stacks/Pulumi.staging.yaml'), 'staging');
  assert.equal(by('infra/stacks/shared.yaml'), 'production staging');
  assert.equal(by('infra/stacks/base.yaml'), 'production staging');
  assert.equal(by('infra/stacks/big.yaml'), 'production');
  assert.equal(by('shop/lib/a.js'), 'production staging');
  assert.equal(by('infra/apps/mail/index.ts'), 'production');
  assert.equal(by('infra/apps/demo/README.md', 'infra/apps/mail/x'), 'demo production');
  assert.equal(by('infra/stacks/node.json'), all);
});

test('the program touches all stacks, and so do the versions of its packages, wherever they are', () => {
  for (const path of [
    'infra/index.ts',
    'infra/package-lock.json',
    'package-lock.json',
    'infra/Pulumi.yaml',
    'infra/lib/x.ts',
    'infra/keys/production',
  ])
    assert.equal(by(path), all, path);
  // A program that an app's setting names like a file of its own is the program still.
  assert.equal(by('infra/index.ts'), all);
});

test('what no run reads touches none', () => {
  for (const path of [
    'README.md',
    'infra/README.md',
    'infra/docs/a.png',
    '.github/workflows/up.yml',
    'infra/test/a.ts',
    'elsewhere/x.ts',
    'infra/stacks/schema.json',
    'shopping/x',
    'shop2/package.json',
    'infra/stacks/Pulumi.gone.yaml',
  ])
    assert.equal(by(path), '', path);
});

test('the stacks that are asked for, in their order; all where nobody knows what changed', () => {
  const changed = [join(repository, 'infra/index.ts')];
  assert.deepEqual(touched(project, changed, ['staging', 'production']), ['staging', 'production']);
  assert.deepEqual(touched(project, undefined), ['demo', 'production', 'staging']);
});

test('what changed is told by git since the branch began, names with blanks and renames included', () => {
  const base = git('rev-parse', 'HEAD');
  git('checkout', '-qb', 'change');
  git('mv', 'shop/server.js', 'shop/the server.js');
  git('commit', '-qm', 'two');
  assert.deepEqual(
    changedSince(base, project),
    ['shop/server.js', 'shop/the server.js'].map((path) => join(repository, path)),
  );
  // What came to the other branch meanwhile is no change of this one.
  git('checkout', '-q', '-b', 'other', base);
  write('infra/index.ts', '// other');
  git('commit', '-qam', 'three');
  git('checkout', '-q', 'change');
  assert.equal(changedSince('other', project)?.length, 2);
  // A push that goes back takes commits away: what they did is a change again.
  git('checkout', '-q', base);
  assert.deepEqual(changedSince('change', project), []);
  assert.equal(changedFrom('change', project)?.length, 2);
  // As on GitLab, whose first push to a branch has no commit before.
  assert.equal(changedFrom('0'.repeat(40), project), undefined);
});
