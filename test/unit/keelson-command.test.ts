/** The command `keelson`, and `keelson init` below it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readConfig } from '../../components/config/config.ts';
import { buildOf, nameOf, runsOf } from '../../tools/cli/init/app.ts';
import { origin } from '../../tools/cli/init/origin.ts';
import { fitted, isWanted } from '../../tools/cli/init/pipelines.ts';
import { projectFiles, writeAll } from '../../tools/cli/init/tree.ts';
import { called } from './called.ts';
import { scratchDirectory } from './scratch.ts';

const program = join(import.meta.dirname, '../../tools/cli/keelson.ts');

async function keelson(args: readonly string[], cwd = '.') {
  const { status, stdout, stderr } = await called(args, { cwd, env: process.env });
  return { status, said: `${stdout}${stderr}` };
}

const scratch = scratchDirectory('command');
let made = 0;

function folder(files: Record<string, string>): string {
  made += 1;
  const path = join(scratch, String(made));
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

const app = (manifest: object, files: Record<string, string> = {}): string =>
  folder({ 'package.json': JSON.stringify(manifest), ...files });

test('what it can do is told, also where nothing is asked for', async () => {
  const asked = await keelson(['--help']);
  assert.equal(asked.status, 0);
  assert.match(asked.said, /^ {2}init +begins a project/m);
  assert.deepEqual(await keelson([]), { ...asked, status: 2 });
  const init = await keelson(['init', '--help']);
  assert.equal(init.status, 0);
  assert.match(init.said, /^Usage: keelson init \[FOLDER\]/m);
});

test('as a program it ends with the exit code', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^Usage: keelson COMMAND\n/);
});

test('a command, or an option, that is not known', async () => {
  const command = await keelson(['initt']);
  assert.deepEqual(command, {
    status: 2,
    said: 'keelson: initt is not a command; did you mean init?\n',
  });
  const option = await keelson(['init', '--adress', 'x']);
  assert.equal(option.status, 2);
  assert.match(option.said, /^keelson init: Unknown option '--adress'.*^Usage: keelson init/ms);
});

test('what starts an app is read from its package.json, as far as it needs no shell', () => {
  const start = (script: string, files = {}) => runsOf(app({ scripts: { start: script } }, files));
  assert.deepEqual(start('node server.js'), { start: 'server.js' });
  assert.deepEqual(start('node dist/main --all'), { start: 'dist/main', args: ['--all'] });
  const next = { 'node_modules/.bin/next': '' };
  assert.deepEqual(start('next start', next), { exec: ['node_modules/.bin/next', 'start'] });
  for (const script of ['next start', 'node --inspect server.js', 'A=1 node a.js', 'node a && b'])
    assert.equal(start(script), undefined, script);
  assert.deepEqual(runsOf(app({ main: 'lib/a.js' }, { 'lib/a.js': '' })), { start: 'lib/a.js' });
  assert.deepEqual(runsOf(folder({ 'index.js': '' })), { start: 'index.js' });
  assert.equal(runsOf(app({ main: 'gone.js' })), undefined);
  assert.throws(() => runsOf(folder({ 'package.json': '{' })), /package\.json cannot be read: /);
});

test('an app’s name is its package’s, as far as a name may be so', () => {
  assert.equal(nameOf(app({ name: '@me/My_Shop.2' })), 'my-shop-2');
  assert.equal(nameOf(join(folder({ '1st Shop/a': '' }), '1st Shop')), 'st-shop');
});

test('all that cannot be used is told at once, and nothing is written', async () => {
  const path = app({ name: 'nginx' });
  const args = ['--address', 'a b', '--environment', 'Live', '--pipeline', 'gitlap'];
  const { status, said } = await keelson(['init', 'a', 'b', ...args, '--health', 'up'], path);
  assert.equal(status, 1);
  for (const problem of [
    /--start: \. does not say what starts it; name its script/,
    /--app: "?nginx"? is a name that Debian uses itself/,
    /--environment: "Live" is not a name/,
    /app\.health: "up" is not/,
    /server\.address: "a b" is not/,
    /--pipeline: gitlap is not known; did you mean gitlab\?/,
    /b: is one folder too many/,
  ])
    assert.match(said, problem);
  assert.deepEqual(readdirSync(path), ['package.json']);
  assert.match(
    (await keelson(['init', '--source', 'gone'], path)).said,
    /--source: gone is no folder/,
  );
});

const view = {
  ...{ app: 'shop', environment: 'live', address: 'web1', user: 'admin', source: '..' },
  ...{ run: [{ key: 'start', value: 'a.js' }], domain: 'default', health: '/' },
  ...{ keelson: '0.1.0', pulumi: '3.0.0', noHealth: true, pipelines: true },
  build: { line: '"cd .. && npm ci"' },
};

test('a project is its templates, and its stack file one that the program reads', () => {
  const files = projectFiles('/new', 'none', view);
  const text = (path: string): string => {
    const file = files.get(path);
    return file && 'text' in file ? file.text : '';
  };
  const config = parse(text('/new/stacks/Pulumi.live.yaml')).config as Record<string, object>;
  const values = Object.entries(config).map(([key, value]) => [key.replace('keelson:', ''), value]);
  const { hosts } = readConfig({ values: Object.fromEntries(values), encrypted: new Set() });
  const [host] = hosts;
  assert.deepEqual([host?.server.address, host?.server.user], ['web1', 'admin']);
  assert.deepEqual(
    host?.apps.map(({ name }) => name),
    ['shop'],
  );
  assert.deepEqual(JSON.parse(text('/new/package.json')).dependencies, {
    '@pulumi/pulumi': '3.0.0',
    keelson: '0.1.0',
  });
  assert.equal(JSON.parse(text('/new/package.json')).scripts.build, 'cd .. && npm ci');
  assert.match(text('/new/.gitignore'), /^node_modules\/$/m);
});

test('what a pipeline builds first is said, and who is to say it where nobody knows', () => {
  const shop = app({ name: 'shop' }, { 'package-lock.json': '{}' });
  assert.equal(
    buildOf(shop, "../it's"),
    "cd '../it'\\''s' && npm ci && npm run build --if-present && npm prune --omit=dev",
  );
  assert.equal(buildOf(app({ name: 'shop' }, { 'pnpm-lock.yaml': '' }), '..'), undefined);
  const files = projectFiles('/new', 'github', { ...view, build: false });
  const text = (path: string) => (files.get(path) as { text: string }).text;
  assert.equal(JSON.parse(text('/new/package.json')).scripts, undefined);
  assert.match(
    text('/new/README.md'),
    /: write the script `build` in `package\.json` that installs/,
  );
});

test('the package is committed with the project, also where tarballs are ignored', () => {
  const repository = folder({
    '.gitignore': '*.tgz\n',
    'deploy/keelson-0.1.0.tgz': '',
    'a.tgz': '',
  });
  const files = projectFiles(join(repository, 'deploy'), 'none', view);
  writeAll(files);
  const git = (...args: string[]) =>
    spawnSync('git', args, { cwd: repository, encoding: 'utf8' }).stdout;
  git('init', '-q');
  git('add', '-A');
  const added = git('ls-files').split('\n');
  assert.ok(added.includes('deploy/keelson-0.1.0.tgz'), added.join(' '));
  assert.ok(!added.includes('a.tgz'));
});

const pipeline = `# Words
on: pull_request
jobs:
  look:
    runs-on: ubuntu-latest
    steps:
      - run: sh ci/drift.sh staging production
        env:
          STACKS: staging,production
`;

test('a pipeline is as it is written at the root, but for the stack; below, its commands run there', () => {
  const path = '.github/workflows/drift.yml';
  const own = pipeline.replace('staging production', 'live').replace('staging,production', 'live');
  assert.equal(fitted(path, pipeline, '.', 'live'), own);
  const defaults = 'defaults:\n  run:\n    working-directory: deploy\n';
  assert.equal(fitted(path, pipeline, 'deploy', 'live'), own + defaults);

  const steps =
    'runs:\n  using: composite\n  steps:\n    - uses: a/b@1\n    - run: npm ci\n      shell: sh\n';
  assert.equal(
    fitted('.github/actions/keelson/action.yml', steps, 'deploy', 'live'),
    `${steps}      working-directory: deploy\n`,
  );
  assert.equal(
    fitted('.gitlab-ci.yml', 'a:\n  before_script:\n    - npm ci\n', 'deploy', 'live'),
    'a:\n  before_script:\n    - cd deploy\n    - npm ci\n',
  );
  assert.match(
    fitted('.gitlab-ci.yml', 'a:\n  before_script: [npm ci]\n', "it's here", 'live'),
    /cd 'it'\\''s here'/,
  );
});

test('a project with one environment has its jobs alone', () => {
  const template = (path: string) =>
    readFileSync(join(import.meta.dirname, '../../files/project', path), 'utf8');
  for (const path of ['.github/workflows/up.yml', '.gitlab-ci.yml']) {
    const text = fitted(path, template(path), '.', 'live');
    assert.doesNotMatch(text, /staging|production/, path);
    const document = parse(text);
    const { live } = document.jobs ?? document;
    if (document.jobs) {
      assert.deepEqual([Object.keys(document.jobs), live.needs], [['stacks', 'live'], ['stacks']]);
      assert.equal(live.with.stack, 'live');
      assert.match(live.if, /contains\(fromJSON\(needs\.stacks\.outputs\.stacks\), 'live'\)$/);
    } else {
      assert.deepEqual(document.stages, ['checks', 'preview', 'live']);
      assert.deepEqual([live.stage, live.needs, live.rules[0].when], ['live', undefined, 'manual']);
      // What was empty from the beginning stays: it begins at once.
      assert.deepEqual(document.preview.needs, []);
      assert.equal(document.variables.KEELSON_STACKS, 'live');
    }
  }
});

test('an environment may have the words of the template in its name', () => {
  const gitlab = readFileSync(
    join(import.meta.dirname, '../../files/project/.gitlab-ci.yml'),
    'utf8',
  );
  for (const name of ['shop-production', 'staging', 'production', 'web-staging']) {
    const document = parse(fitted('.gitlab-ci.yml', gitlab, '.', name));
    assert.equal(document.variables.KEELSON_STACKS, name);
    assert.deepEqual(document.stages, ['checks', 'preview', name]);
    assert.equal(document[name].stage, name);
  }
});

test('an environment that is called like a job of the pipeline is refused', () => {
  for (const [service, environment] of [
    ['github', 'stacks'],
    ['gitlab', 'preview'],
  ] as const)
    assert.throws(() => projectFiles('/new', service, { ...view, environment }), {
      message: `--environment: ${environment} is a job of the pipeline; choose another name`,
    });
});

test('each has the pipelines of its own service', () => {
  const paths = ['.github/workflows/up.yml', '.gitlab-ci.yml', 'ci/up.sh', 'index.ts.mustache'];
  const of = (name: string) => paths.filter((path) => isWanted(path, name));
  assert.deepEqual(of('github'), ['.github/workflows/up.yml', 'ci/up.sh', 'index.ts.mustache']);
  assert.deepEqual(of('gitlab'), ['.gitlab-ci.yml', 'ci/up.sh', 'index.ts.mustache']);
  assert.deepEqual(of('none'), ['index.ts.mustache']);
});

test('a file that is there already keeps all others from being written', () => {
  const path = folder({ 'b/c': 'mine' });
  const files = new Map(['a', 'b/c'].map((name) => [join(path, name), { text: 'new' }]));
  assert.throws(() => writeAll(files), {
    message: `nothing was written, since this is there already; choose another folder, move it away, or take --pipeline none:\n  ${join(path, 'b/c')}`,
  });
  assert.ok(!existsSync(join(path, 'a')));
  assert.equal(readFileSync(join(path, 'b/c'), 'utf8'), 'mine');
});

test('a project gets the package from where this one came', () => {
  const from = (spec: object, at = 'node_modules/keelson') =>
    origin(
      join(folder({ 'package.json': JSON.stringify(spec), [`${at}/package.json`]: '{}' }), at),
    );
  assert.deepEqual(from({ dependencies: { keelson: '^0.1.0' } }), { spec: '^0.1.0' });
  const { spec, tarball } = from({ devDependencies: { keelson: 'file:../keelson-0.1.0.tgz' } });
  assert.equal(spec, 'file:keelson-0.1.0.tgz');
  assert.match(tarball ?? '', /^\/.*[^.]\/keelson-0\.1\.0\.tgz$/);
  assert.throws(() => from({}), /package\.json does not name keelson, which lies beside it/);
  const clone = folder({ 'package.json': '{"version": "0.2.0"}' });
  assert.throws(
    () => origin(clone),
    /\.keelson\/keelson-0\.2\.0\.tgz is not there; npm run package makes it/,
  );
});
