/** The package as somebody else gets it: packed, installed from its tarball, in a project that `keelson init` began. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stringify } from 'yaml';
import { scenariosDirectory } from '../../tools/container/cleanup.ts';
import { environment, pulumi, root } from '../../tools/lib/pulumi.ts';
import { said, start } from '../../tools/lib/pulumi-run.ts';
import { testHost } from '../harness/host.ts';
import { changed } from '../harness/stack.ts';

const directory = join(scenariosDirectory, `${process.pid}-package`);
const app = join(directory, 'shop');
const project = join(app, 'deploy');

rmSync(directory, { recursive: true, force: true });
cpSync(join(root, 'test/apps/hello'), app, { recursive: true });
after(() => rmSync(directory, { recursive: true, force: true }));

const npm = (cwd: string, ...args: string[]): string =>
  execFileSync('npm', args, {
    cwd,
    env: { ...environment(), npm_config_prefer_offline: 'true' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

type Packed = { size: number; files: { path: string }[] };

const printed = npm(root, 'run', 'package', '--', '--json');
const [packed] = JSON.parse(printed.slice(printed.indexOf('[\n'))) as [Packed];

test('the package has what programs need, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  const allowed =
    /^(dist\/.*|docs\/[a-z-]+\.(md|png)|stacks\/(reference\.yaml|schema\.json)|README\.md|SECURITY\.md|LICENSE|package\.json)$/;
  assert.deepEqual(
    paths.filter((path) => !allowed.test(path) || /test|(?<!\.d)\.ts$/.test(path)),
    [],
  );
  const files = readdirSync(join(root, 'files'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `dist/${join(entry.parentPath, entry.name).slice(root.length + 1)}`);
  const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = [...Object.values(exports).flatMap(targets), bin.keelson];
  assert.deepEqual(
    [...files, ...named].filter((path) => !paths.includes(path)),
    [],
  );
  assert.ok(packed.size < 900_000, `${packed.size} bytes`);
});

const targets = (target: unknown): string[] =>
  (typeof target === 'string' ? [target] : Object.values(target as Record<string, string>)).map(
    (path) => path.replace('./', ''),
  );

test('the package in a project of one’s own', { timeout: 600_000 }, async (t) => {
  const host = await testHost(t, { user: 'admin' });
  const options = {
    cwd: project,
    state: join(directory, 'state'),
    env: { SSH_AUTH_SOCK: await host.agent() },
  };

  await t.test(
    'keelson init begins it beside the app, in the clone and as it is installed, and writes over nothing',
    () => {
      // A repository of its own, at the root of which its pipelines lie.
      execFileSync('git', ['init', '-q'], { cwd: app });
      const flags = ['--address', host.address, '--user', host.user, '--environment', 'dev'];
      const init = (folder: string, program: string[], ...more: string[]) =>
        spawnSync(process.execPath, [...program, 'init', folder, ...flags, ...more], {
          cwd: app,
          encoding: 'utf8',
        });
      const fromClone = [join(root, 'tools/cli/keelson.ts')];
      assert.match(init('deploy', fromClone).stdout, /^The project is in deploy\./);
      assert.equal(readFileSync(join(app, '.keelsonignore'), 'utf8'), '/deploy/\n');
      const again = init('deploy', fromClone);
      assert.equal(again.status, 1, again.stdout);
      assert.match(
        again.stderr,
        /nothing was written, since these are there already.*deploy\/package\.json/s,
      );

      npm(project, 'install');
      // The pipelines are there, and belong to the first.
      const program = [join(project, 'node_modules/.bin/keelson')];
      const installed = init('other', program, '--pipeline', 'none');
      assert.equal(installed.status, 0, installed.stderr);
      assert.match(installed.stdout, /Add \/other\/ to .*\.keelsonignore/);
      const read = (folder: string) => readFileSync(join(app, folder, 'package.json'), 'utf8');
      assert.equal(read('other'), read('deploy'));
      rmSync(join(app, 'other'), { recursive: true });
    },
  );

  await t.test('its README’s steps lead to a preview of the server', async () => {
    const config = ['config', 'set', '--path', 'keelson:server.knownHosts', host.knownHosts];
    for (const args of [['stack', 'init', 'dev'], config]) {
      const { code, stderr } = await pulumi(args, options);
      assert.equal(code, 0, stderr);
    }
    const run = await start('preview', ['--stack', 'dev'], options).ended;
    assert.equal(run.code, 0, said(run));
    const names = ['base', 'app-hello', 'rollout-hello', 'site-hello'];
    for (const name of names)
      assert.ok(changed(run).includes(`create server-${name}`), changed(run).join(', '));
    // The look itself ran there.
    assert.match(said(run), /^\+ base: \d+ items, \d+ of them as wanted already$/m);
  });

  await t.test('a program with hosts of its own is typed, and planned', async () => {
    const own = join(project, 'own');
    cpSync(join(root, 'test/programs/package'), own, { recursive: true });
    const types = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
    ];
    const tsc = join(root, 'node_modules/.bin/tsc');
    execFileSync(tsc, [...types, '--types', 'node', 'index.ts'], { cwd: own, stdio: 'pipe' });
    writeFileSync(join(own, 'Pulumi.dev.yaml'), stringify({ config: { 'own:source': app } }));
    const there = { ...options, cwd: own };
    assert.equal((await pulumi(['stack', 'init', 'dev', '--no-select'], there)).code, 0);
    const run = await start('preview', ['--stack', 'dev'], there).ended;
    assert.equal(run.code, 0, said(run));
    assert.ok(changed(run).includes('create web1-rollout-shop'), changed(run).join(', '));
  });
});
