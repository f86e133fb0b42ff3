/** The commands `keelson review` and `keelson policy`, as they are called. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { called } from '../called.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-cli-'));
after(() => rmSync(directory, { recursive: true }));
const write = (name: string, value: unknown): string => {
  writeFileSync(join(directory, name), JSON.stringify(value));
  return name;
};

const keelson = (command: string, ...args: string[]) => keelsonIn(directory, command, ...args);

function keelsonIn(cwd: string, command: string, ...args: string[]) {
  const { GITHUB_ACTIONS: _, GITLAB_CI: __, ...env } = process.env;
  return called([command, ...args], { cwd, env });
}

write('good.json', { steps: [], diagnostics: [] });
const volume = { type: 'aws:ebs/volume:Volume', custom: true, inputs: {} };
const urn = 'urn:pulumi:bad::mine::aws:ebs/volume:Volume::data';
write('bad.json', { steps: [{ op: 'create', urn, newState: volume }] });
write('Pulumi.good.yaml', {});
write('Pulumi.bad.yaml', {});
write('Pulumi.yaml', {});

test('policy ends with 0, 1 or 2, and names the stack of what it finds', async () => {
  const good = await keelson('policy', 'good.json');
  assert.deepEqual([good.status, good.stdout, good.stderr], [0, '', '']);
  const bad = await keelson('policy', 'good.json', 'bad.json');
  assert.deepEqual(
    [bad.status, bad.stderr],
    [
      1,
      'bad: unencrypted-volume: data (aws:ebs/volume:Volume) has a volume that is not encrypted; set encrypted: true\n',
    ],
  );
  for (const args of [[], ['production']]) {
    const { status, stderr } = await keelson('policy', ...args);
    assert.deepEqual(
      [status, stderr.slice(0, 29)],
      [2, 'Usage: keelson policy PREVIEW'],
      `${args}`,
    );
  }
});

test('review prints the stacks, the comment and the drift', async () => {
  assert.equal((await keelson('review', 'stacks')).stdout, '["bad","good"]\n');
  assert.equal((await keelson('review', 'stacks', '--of', 'good')).stdout, '["good"]\n');
  const { status, stdout } = await keelson('review', 'comment', 'bad.json', 'good.json');
  assert.equal(status, 0);
  assert.match(
    stdout,
    /### bad: 1 change\n.*unencrypted-volume: .*^\+ stack: aws:ebs\/volume:Volume data \(create\)$.*### good: nothing to do\n$/ms,
  );
  assert.equal((await keelson('review', 'drift', 'good.json')).stdout, '');
});

test('stacks of no project are none that a change does not touch', async () => {
  const { status, stderr } = await keelsonIn(tmpdir(), 'review', 'stacks', '--before', 'none');
  assert.deepEqual(
    [status, stderr],
    [1, 'keelson review: stacks: there is no Pulumi.yaml here or above; go to the project\n'],
  );
});

test('review says how it is called, and what it could not read or post', async () => {
  for (const args of [[], ['look'], ['comment', '--off']]) {
    const { status, stderr } = await keelson('review', ...args);
    assert.equal(status, 2, `${args}`);
    assert.match(stderr, /^keelson review: .*\n\nUsage:\n {2}keelson review stacks/);
  }
  const missing = await keelson('review', 'comment', 'none.json');
  assert.deepEqual(
    [missing.status, missing.stderr.slice(0, 38)],
    [1, 'keelson review: ENOENT: no such file o'],
  );
  assert.deepEqual(
    (await keelson('review', 'post')).stderr.split(';')[0],
    'keelson review: post: names no file',
  );
  const post = await keelson('review', 'post', 'good.json');
  assert.equal(post.status, 1);
  assert.match(
    post.stderr,
    /^keelson review: post: this is no job of GitHub Actions or GitLab CI\n {2}leave `post` out/,
  );
});
