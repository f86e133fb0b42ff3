/**
 * The command plugin under the real engine: the stand-in, or the official one where that could be had.
 * Both have to do the same.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { pulumi, root } from '../../tools/lib/pulumi.ts';
import { keyPair, type SshServer, sshServer } from '../harness/ssh-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-command-plugin-'));
const login = keyPair();
const hostKey = keyPair();
const planted = 'planted-secret-4711';
let ssh: SshServer;

before(async () => {
  ssh = await sshServer({ hostKeys: [hostKey.private], publicKey: login.public });
  const main = `${root}/test/scenarios/command-plugin/index.ts`;
  const { runtime } = parse(readFileSync(`${root}/Pulumi.yaml`, 'utf8'));
  writeFileSync(join(directory, 'Pulumi.yaml'), stringify({ name: 'plugin', main, runtime }));
  writeFileSync(join(directory, 'source'), 'one');
  await succeed('stack', 'init');
  const plain = {
    port: ssh.port,
    hostKey: hostKey.public,
    create: 'cat >/dev/null; echo create first',
    trigger: 'one',
    source: join(directory, 'source'),
    remotePath: join(directory, 'remote/copy'),
  };
  const secrets = { privateKey: login.private, stdin: planted };
  const flags = (flag: string, values: object) =>
    Object.entries(values).map(([key, value]) => `--${flag}=${key}=${value}`);
  await succeed('config', 'set-all', ...flags('plaintext', plain), ...flags('secret', secrets));
});

beforeEach(() => {
  ssh.commands.length = 0;
});

after(async () => {
  await ssh.close();
  rmSync(directory, { recursive: true });
});

const run = (...args: string[]) =>
  pulumi(['--stack', 'test', ...args], {
    cwd: directory,
    state: join(directory, 'state'),
    env: { SSH_AUTH_SOCK: undefined },
    timeout: 120_000,
  });

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

const configure = (key: string, value: string) => succeed('config', 'set', key, value);

const commands = () => ssh.commands.map(({ command }) => command);

test('a preview plans without a connection', async () => {
  const plan = await succeed('preview');
  assert.match(plan, /\+ 4 to create/);
  assert.equal(ssh.connections.total, 0);
});

test('a first run creates, in order, and a second one has nothing to do', async () => {
  await succeed('up', '--yes', '--skip-preview');
  assert.equal(await succeed('stack', 'output', 'stdout'), 'create first\n');
  assert.ok(commands().includes('echo create second after create first'));
  assert.equal(readFileSync(join(directory, 'remote/copy'), 'utf8'), 'one');
  ssh.commands.length = 0;
  await succeed('up', '--yes', '--skip-preview', '--expect-no-changes');
  assert.deepEqual(commands(), []);
});

test('no secret is in the state or its history in the clear', () => {
  const files = readdirSync(join(directory, 'state'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  assert.ok(files.length > 3);
  const key = login.private.split('\n')[1] ?? '';
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    assert.ok(!text.includes(planted) && !text.includes(key), file);
  }
});

test('a changed input is an update, whose new output is unknown in its preview', async () => {
  await configure('create', 'cat >/dev/null; echo changed first');
  const plan = await succeed('preview', '--diff');
  assert.match(plan, /~ command:remote:Command: \(update\)/);
  assert.match(
    plan,
    /~ create: "cat >\/dev\/null; echo create first" => "cat >\/dev\/null; echo changed first"/,
  );
  assert.match(plan, /\[unknown\]/);
  assert.ok(!plan.includes(planted));
  await succeed('up', '--yes', '--skip-preview');
  assert.deepEqual(commands(), ['cat >/dev/null; echo changed first', 'echo update second']);
});

test('a changed trigger replaces: the new one is created, then the old one deleted', async () => {
  await configure('trigger', 'two');
  assert.match(await succeed('preview'), /\+-1 to replace/);
  await succeed('up', '--yes', '--skip-preview');
  assert.deepEqual(
    commands().map((command) => command.split(' ').slice(0, 3).join(' ')),
    ['echo create second', 'echo delete second'],
  );
});

test('a changed source is copied again', async () => {
  writeFileSync(join(directory, 'source'), 'two');
  assert.match(await succeed('preview'), /~ 1 to update/);
  await succeed('up', '--yes', '--skip-preview');
  assert.equal(readFileSync(join(directory, 'remote/copy'), 'utf8'), 'two');
});

test('a failure names exit code, command and output, and the next run tries again', async () => {
  await configure('create', 'echo before; exit 3');
  const { code, stdout } = await run('up', '--yes', '--skip-preview');
  assert.notEqual(code, 0);
  assert.match(stdout, /Process exited with status 3: running "echo before; exit 3":\s+before/);
  await configure('create', 'echo mended');
  await succeed('up', '--yes', '--skip-preview');
  assert.equal(await succeed('stack', 'output', 'stdout'), 'mended\n');
});

test('destroy runs what deletes, the last one first, and leaves the copy', async () => {
  await succeed('destroy', '--yes', '--skip-preview');
  assert.deepEqual(commands(), ['echo delete second', 'echo delete first']);
  assert.ok(existsSync(join(directory, 'remote/copy')));
});
