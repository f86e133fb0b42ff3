/** `npm start` and `npm run stop` as a newcomer runs them, in a copy of the clone with an address of its own. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scenariosDirectory } from '../../tools/container/cleanup.ts';
import { container, insideAddress, makeNetwork } from '../../tools/container/container.ts';
import { cacheDirectory, thisProcess } from '../../tools/container/record.ts';
import { root } from '../../tools/lib/pulumi.ts';
import { assertNoTrace } from '../harness/host.ts';

/** Who has the number until the first `npm start` that is to succeed. */
const other = '/other/.keelson/hosts/local';

const clone = join(scenariosDirectory, `${process.pid}-clone`);
const home = join(clone, '.keelson/home');
const host = join(clone, '.keelson/hosts/local');
const number = await takeFreeNumber();
const address = insideAddress(number);

/** Takes one from the other end than those of scenarios that run at the same time. */
async function takeFreeNumber(): Promise<number> {
  for (let number = 254; number > 0; number--)
    if (await makeNetwork(number, `${thisProcess()} ${other}`)) return number;
  throw new Error('no number is free');
}

function makeClone(): void {
  rmSync(clone, { recursive: true, force: true });
  mkdirSync(join(home, '.ssh'), { recursive: true });
  for (const name of readdirSync(root))
    if (!['.git', '.keelson', 'node_modules'].includes(name))
      cpSync(join(root, name), join(clone, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  const file = join(clone, 'stacks/Pulumi.local.yaml');
  const settings = readFileSync(file, 'utf8');
  writeFileSync(file, settings.replace(/address: .*/, `address: ${address}`));
}

makeClone();
after(async () => {
  // What is left when a step below failed.
  await container('remove', number, [host]);
  rmSync(clone, { recursive: true, force: true });
});

type Ended = { code: number | null; output: string };

/**
 * Runs an npm script of the copy to its end, with a home directory of its own and an SSH agent that is empty.
 * Ctrl-C is pressed one second after a text was printed.
 */
async function npm(args: readonly string[], interruptAfter?: string): Promise<Ended> {
  const child = spawn('ssh-agent', ['npm', ...args], {
    cwd: clone,
    // A group of processes of its own, as in a terminal.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...{ ...process.env, HOME: home, KEELSON_CACHE: cacheDirectory },
      PULUMI_HOME: join(root, '.keelson/pulumi'),
    },
  });
  let output = '';
  let pressed = false;
  const read = (chunk: Buffer) => {
    output += chunk;
    if (pressed || !interruptAfter || !output.includes(interruptAfter)) return;
    pressed = true;
    sleep(1000).then(() => process.kill(-(child.pid as number), 'SIGINT'));
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

const own = ['--', '--host', `admin@${address}`];

test('npm run local before npm start says what to do', async () => {
  const { code, output } = await npm(['run', 'local', '--', 'preview']);
  assert.equal(code, 1, output);
  assert.match(output, /There is no host local\.\n {2}Make it: npm start\n$/);
});

test('npm start says who has its address', async () => {
  const { code, output } = await npm(['start']);
  await container('remove', number, ['']);
  assert.equal(code, 1, output);
  const said = `The address ${address} is in use on this machine by ${other}.\n`;
  assert.ok(output.includes(`${said}  In that clone: npm run stop; or choose another`), output);
  assert.doesNotMatch(output, /✓/);
});

test('npm start that is interrupted goes on from there', async () => {
  const interrupted = await npm(['start'], 'server-helper');
  assert.notEqual(interrupted.code, 0, interrupted.output);
  assert.match(interrupted.output, /Debian host in a container .* admin@198/);
  assert.match(interrupted.output, /interrupting; npm start goes on from there/);
  const { code, output } = await npm(['start']);
  assert.equal(code, 0, output);
  assert.match(output, new RegExp(`Debian host in a container .* admin@${address}, found$`, 'm'));
  assert.match(output, /✓ hello answers .* HTTP 200$/m);
  assert.match(output, new RegExp(`visit it +curl http://${address}/$`, 'm'));
});

test('npm start where everything is there does nothing', async () => {
  const { code, output } = await npm(['start']);
  assert.equal(code, 0, output);
  assert.match(output, /✓ pulumi up .* nothing to do$/m);
  assert.doesNotMatch(output, /set-up|server-/);
});

test('npm run local takes away the lock of a run that was killed, and waits for one that goes on', async () => {
  const ended = spawnSync('true').pid;
  const locks = join(clone, '.keelson/local/.pulumi/locks/organization/keelson/local');
  const lock = (pid: number) => {
    mkdirSync(locks, { recursive: true });
    const owner = { username: 'root', hostname: hostname(), timestamp: new Date().toISOString() };
    writeFileSync(join(locks, 'own.json'), JSON.stringify({ pid, ...owner }));
  };
  lock(process.pid);
  const up = ['run', 'local', '--', 'up', '--yes', '--skip-preview', '--non-interactive'];
  const held = await npm(up);
  assert.equal(held.code, 1, held.output);
  assert.match(
    held.output,
    /Pulumi is at work on the stack local \(process \d+\)\.\n {2}Wait for it/,
  );
  lock(ended);
  const { code, output } = await npm(up);
  assert.equal(code, 0, output);
  assert.match(output, /\d+ unchanged/);
});

test('npm start --host says what is missing to log in', async () => {
  const { code, output } = await npm(['start', ...own]);
  assert.equal(code, 1, output);
  assert.match(
    output,
    /^No key to log in with: no SSH agent holds one, and \S+\/\.ssh has no id_/m,
  );
  copyFileSync(join(host, 'id_ed25519'), join(home, '.ssh/id_ed25519'));
  const unknown = await npm(['start', ...own]);
  assert.equal(unknown.code, 1, unknown.output);
  assert.match(unknown.output, /its host key is not in \S+\/\.ssh\/known_hosts; compare `ssh-keys/);
});

test('npm start --host finds what was applied, and npm run stop --host takes it off', async () => {
  copyFileSync(join(host, 'known_hosts'), join(home, '.ssh/known_hosts'));
  const started = await npm(['start', ...own]);
  assert.equal(started.code, 0, started.output);
  assert.match(started.output, /✓ pulumi up .* \d+ create/);
  assert.doesNotMatch(started.output, /server-.* changes?$/m);
  assert.match(started.output, /take it all down +npm run stop -- --host admin@198/);
  const stopped = await npm(['run', 'stop', ...own]);
  assert.equal(stopped.code, 0, stopped.output);
  const files = '/etc/keelson /usr/sbin/nginx /usr/local/sbin/keelson';
  const look = `ls -d ${files} 2>/dev/null; getent passwd hello || :`;
  assert.equal(await container('exec', number, [look]), '');
  assert.deepEqual(readdirSync(join(clone, '.keelson/own')), []);
});

test('npm run stop leaves no trace', async () => {
  const { code, output } = await npm(['run', 'stop']);
  assert.equal(code, 0, output);
  assert.match(output, /Debian host in a container .* removed\n.*stack local .* removed/);
  await assertNoTrace(host, number);
  assert.ok(!existsSync(join(clone, '.keelson/local')));
  const again = await npm(['run', 'stop']);
  assert.equal(again.code, 0, again.output);
  assert.match(again.output, /there is none/);
});
