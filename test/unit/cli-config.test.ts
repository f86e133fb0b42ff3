/** `keelson config`: what it prints of the example stacks, and of a clone's own. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { called } from './called.ts';
import { scratchDirectory } from './scratch.ts';

const root = resolve(import.meta.dirname, '../..');

/** Without Pulumi in the PATH, and without a passphrase. */
const run = (args: readonly string[], cwd = root) => called(['config', ...args], { cwd });

test('each value has the file and line where it is written, or is a default', async () => {
  const { status, stdout, stderr } = await run(['production']);
  assert.deepEqual([status, stderr], [0, '']);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines[0], '# stack production: stacks/Pulumi.production.yaml, stacks/shared.yaml');
  // Keys of mappings alone have none.
  assert.deepEqual(
    lines.slice(1).filter((line) => !/(:|# default|# stacks\/\S+\.yaml:\d+)$/.test(line)),
    [],
  );
  for (const line of [
    /^ {4}user: admin +# stacks\/shared\.yaml:7$/m,
    /^ {8}memory: 2G +# stacks\/Pulumi\.production\.yaml:16$/m,
    /^ {8}memory: 1G +# default$/m,
    /^ {6}retention: 30d +# default$/m,
  ])
    assert.match(stdout, line);
});

test('for programs it is JSON: the same settings, and beside them where they come from', async () => {
  const { stdout } = await run(['production', '--json']);
  const { stack, files, settings, from } = JSON.parse(stdout);
  assert.deepEqual(
    [stack, files],
    ['production', ['stacks/Pulumi.production.yaml', 'stacks/shared.yaml']],
  );
  assert.deepEqual(parse((await run(['production'])).stdout), settings);
  assert.deepEqual(Object.keys(settings.servers), ['web1', 'web2', 'jobs']);
  assert.deepEqual(Object.keys(settings.servers.jobs.apps), ['mailer']);
  assert.equal(from['servers.web2.apps.shop.memory'], 'stacks/Pulumi.production.yaml:16');
  assert.equal(from['servers.web1.user'], 'stacks/shared.yaml:7');
});

test('secrets are named and not shown, and odd values are one line each', async () => {
  const project = scratchDirectory('cli-config');
  mkdirSync(join(project, 'deep'));
  writeFileSync(join(project, 'Pulumi.yaml'), 'name: x\nruntime: nodejs\n');
  writeFileSync(
    join(project, 'Pulumi.one.yaml'),
    `environment: [ours]
config:
  keelson:server: { address: a.de }
  keelson:apps:
    shop:
      source: not-there
      start: server.js
      domains: [a.de]
      env: { LINES: "a\\nb: # c", NUMBER: "1" }
  keelson:secrets:
    shop:
      TOKEN:
        secure: v1:sealed
`,
  );
  const { status, stdout, stderr } = await run(['one'], join(project, 'deep'));
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^# What environment: adds is not shown\.$/m);
  assert.match(stdout, /^ {10}TOKEN: "\[secret\]" +# Pulumi\.one\.yaml:12$/m);
  assert.doesNotMatch(stdout, /sealed/);
  const { env, source } = parse(stdout).servers.server.apps.shop;
  assert.deepEqual([env, source], [{ LINES: 'a\nb: # c', NUMBER: '1' }, 'not-there']);
});

test('what is wrong is told as in a preview, with the exit code 1', async () => {
  const project = scratchDirectory('cli-wrong');
  cpSync(join(root, 'stacks'), join(project, 'stacks'), { recursive: true });
  writeFileSync(join(project, 'Pulumi.yaml'), 'name: x\nstackConfigDir: stacks\n');
  const file = join(project, 'stacks/Pulumi.x.yaml');
  writeFileSync(file, 'config:\n  keelson:extends: shared.yaml\n  keelson:server: { port: 0 }\n');
  const wrong = await run(['x'], project);
  assert.equal(wrong.status, 1);
  assert.equal(wrong.stdout, '');
  assert.match(wrong.stderr, /^ {2}stacks\/Pulumi\.x\.yaml:3: server\.port: 0 is below 1/m);
  writeFileSync(file, 'config: [\n');
  assert.match((await run(['x'], project)).stderr, /stacks\/Pulumi\.x\.yaml:2: is no YAML here/);
});

test('a stack that is not there is told with those that are', async () => {
  const { status, stderr } = await run(['prod']);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /stacks\/Pulumi\.prod\.yaml: is not there; of the stacks that have a file choose among: local, production, staging/,
  );
});

test('wrong arguments are told with the usage', async () => {
  for (const args of [[], ['a', 'b'], ['local', '--yaml']]) {
    const { status, stderr } = await run(args);
    assert.equal(status, 2);
    assert.match(stderr, /Usage: keelson config STACK \[--json\]/);
  }
  assert.match((await run(['local'], '/')).stderr, /there is no Pulumi\.yaml here or above/);
});
