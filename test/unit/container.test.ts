import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeStaleScenarios, scenariosDirectory } from '../../tools/container/cleanup.ts';
import { cpuList, usableCpus } from '../../tools/container/cpus.ts';
import {
  deleted,
  type HostRecord,
  isAlive,
  kept,
  thisProcess,
} from '../../tools/container/record.ts';
import { checkCommands, checkMachine, type Machine } from '../../tools/container/requirements.ts';
import { makeSeed } from '../../tools/container/seed.ts';
import { diffSnapshots, traces } from '../../tools/container/snapshot.ts';
import { ownHost } from '../../tools/lib/local.ts';
import { run } from '../../tools/lib/process.ts';
import { root } from '../../tools/lib/pulumi.ts';

test('processors are counted from those that this process may use', () => {
  assert.deepEqual(usableCpus('Cpus_allowed:\tf\nCpus_allowed_list:\t0-2,5\n'), [0, 1, 2, 5]);
  assert.equal(cpuList(2, [1, 3, 4]), '1,3');
  assert.equal(cpuList(undefined, [1, 3, 4]), 'all');
  assert.throws(() => cpuList(3, [0, 1]), {
    message: /this machine has 2\.\n {2}Choose 1 to 2\./,
  });
});

test('snapshots differ by name and property', () => {
  const before = { 'file /a': { mode: '644', mtime: '1' }, 'file /b': { mode: '600' } };
  const after = { 'file /a': { mode: '600', mtime: '2' }, 'file /c': { mode: '600' } };
  assert.deepEqual(diffSnapshots(before, before), []);
  assert.deepEqual(diffSnapshots(before, after, { ignore: traces }), [
    'file /a: mode 644 → 600',
    'file /b: there → missing',
    'file /c: missing → there',
  ]);
  assert.ok(diffSnapshots(before, after).includes('file /a: mtime 1 → 2'));
});

test('a machine of somebody’s own is named as for ssh', () => {
  assert.deepEqual(ownHost('admin@server.example'), {
    user: 'admin',
    address: 'server.example',
    port: 22,
  });
  assert.deepEqual(ownHost('192.0.2.7:2222'), { user: 'root', address: '192.0.2.7', port: 2222 });
  assert.deepEqual(ownHost('[2001:db8::1]:2222'), {
    user: 'root',
    address: '2001:db8::1',
    port: 2222,
  });
  for (const wrong of ['', 'a b', 'admin@', '-oProxyCommand=x', '$(id)@x', 'server:ssh'])
    assert.throws(() => ownHost(wrong), { message: /not a host\.\n {2}Write it as USER@ADDRESS/ });
});

test('a process is told from a later one with the same id', () => {
  assert.ok(isAlive(thisProcess()));
  assert.ok(isAlive(kept));
  assert.ok(!isAlive(deleted));
  assert.ok(!isAlive(`${process.pid}.1`));
  const { pid } = spawnSync('true');
  assert.ok(!isAlive(`${pid}.1`));
});

test('the stacks of scenarios that were killed are removed, those of others stay', async () => {
  const { pid } = spawnSync('true');
  const [gone, own] = [pid, process.pid].map((id) => join(scenariosDirectory, `${id}-unit`));
  for (const directory of [gone, own])
    mkdirSync(join(`${directory}`, 'stacks'), { recursive: true });
  await removeStaleScenarios();
  assert.deepEqual([existsSync(`${gone}`), existsSync(`${own}`)], [false, true]);
  rmSync(`${own}`, { recursive: true });
});

/** A Linux machine on which everybody is root, nothing is installed and nothing is full. */
const machine: Machine = {
  ...{ platform: 'linux', isRoot: true, path: '/nowhere' },
  ...{ cache: tmpdir(), hosts: tmpdir() },
};

test('all that is missing on this machine is named at once, with its packages', async () => {
  await assert.rejects(checkCommands(machine), {
    message:
      /Not installed on this machine: systemd-nspawn, mmdebstrap.*\n.*apt-get install systemd-container mmdebstrap/,
  });
});

test('a machine on which hosts in containers are not possible is told apart, with a remedy', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-machine-'));
  // A user's machine whose sudo ends like this.
  const sudo = (name: string, code: number): Machine => {
    const path = join(directory, name);
    mkdirSync(path);
    writeFileSync(join(path, 'sudo'), `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
    return { ...machine, isRoot: false, path };
  };
  // A file system on which nothing is free.
  const full = { cache: '/proc/self/task', hosts: '/proc/self/task' };
  const cases: [Machine, RegExp][] = [
    [
      { ...machine, platform: 'darwin' },
      /needs Linux; this is darwin\.\n {2}Run this on a Linux machine/,
    ],
    [{ ...machine, isRoot: false }, /there is no sudo here\.\n {2}Become root, or/],
    [sudo('refusing', 1), /sudo does not let you\.\n {2}Become root, or/],
    [
      { ...machine, ...full },
      /task has 0 MB free; a Debian host needs 1500 MB there\.\n {2}Free some/,
    ],
    [{ ...sudo('willing', 0), ...full }, /task has 0 MB free/],
  ];
  for (const [given, message] of cases) await assert.rejects(checkMachine(given), { message });
  rmSync(directory, { recursive: true });
});

test('npm start and npm run stop say how they are used, and notice what npm kept for itself', () => {
  for (const [program, args, env, said] of [
    ['start', ['--hots', 'x'], {}, "Unknown option '--hots'.\n  Usage: npm start"],
    ['start', [], { npm_config_host: 'x' }, 'npm took --host for itself.\n  Usage: npm start'],
    ['start', ['--host', 'a b'], {}, '--host a b: not a host.\n  Write it as USER@ADDRESS'],
    ['stop', ['x'], {}, "Unexpected argument 'x'.\n  Usage: npm run stop"],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [`tools/${program}.ts`, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.ok(stderr.trimStart().startsWith(said), stderr);
  }
});

test('what is put on a host has the modes that it needs, whatever the umask is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-seed-'));
  const umask = process.umask(0o077);
  const record = { name: 'shop', number: 1, user: 'admin', release: 'trixie', owner: kept };
  await makeSeed(directory, { ...record, base: '', diskMegabytes: 0 } as HostRecord);
  process.umask(umask);
  const mode = (path: string) => statSync(join(directory, 'seed', path)).mode & 0o777;
  assert.equal(mode('etc/resolv.conf'), 0o644);
  assert.equal(mode('etc/sudoers.d/admin'), 0o440);
  assert.equal(mode('etc/ssh/ssh_host_ed25519_key'), 0o600);
  assert.equal(mode('home/admin/.ssh/authorized_keys'), 0o600);
  rmSync(directory, { recursive: true });
});

test('a command that takes too long is ended, though something that it started goes on', async () => {
  const began = performance.now();
  const { code } = await run('sh', ['-c', 'sleep 5 & wait'], { timeout: 200 });
  assert.equal(code, 124);
  assert.ok(performance.now() - began < 4000);
});

test('the commands for hosts say how they are used', () => {
  for (const args of [
    [],
    ['fly'],
    ['boot', 'No Name'],
    ['boot', 'x', '--release', 'sid'],
    ['list', '--fast'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, ['tools/host.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /boot\|exec\|/);
  }
});
