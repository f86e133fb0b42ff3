import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { releases } from '../../tools/container/base.ts';
import { removeStaleHosts } from '../../tools/container/cleanup.ts';
import { usableCpus } from '../../tools/container/cpus.ts';
import { createHost } from '../../tools/container/make.ts';
import { hostsDirectory } from '../../tools/container/record.ts';
import { runAsRoot } from '../../tools/lib/process.ts';
import { assertNoTrace, diffSnapshots, snapshot, testHost } from '../harness/host.ts';

for (const release of releases) {
  test(`${release} boots, is reached over ssh by a user with sudo, and sees the processors it is given`, async (t) => {
    const host = await testHost(t, { release, user: 'admin', cpus: 1 });
    assert.match(await host.exec('cat /etc/os-release'), new RegExp(`VERSION_CODENAME=${release}`));
    assert.equal(await host.ssh('sudo id --user; nproc'), '0\n1\n');
    assert.equal(await host.exec('systemctl is-system-running; nproc'), 'running\n1\n');
    if (usableCpus().length > 1) {
      await host.setCpus(2);
      assert.equal(await host.ssh('nproc'), '2\n');
    }
  });
}

test('a crash loses what was not synced, a cut of power nothing, a new installation all', async (t) => {
  const host = await testHost(t, { diskMegabytes: 300 });
  await host.exec('echo 1 >/etc/synced; sync; echo 1 >/etc/not-synced');
  await host.crash();
  await host.boot();
  assert.equal(await host.exec('ls /etc | grep synced'), 'synced\n');
  await host.exec('echo 1 >/etc/not-synced');
  await host.powerCut();
  await host.boot();
  assert.equal(await host.exec('ls /etc | grep synced'), 'not-synced\nsynced\n');
  await assert.rejects(host.exec('head -c 400M /dev/zero >/var/full'), /No space left/);
  await host.rebuild();
  assert.equal((await host.tryExec('ls /etc | grep synced')).stdout, '');
  assert.equal(await host.ssh('hostname'), `${host.name}\n`);
});

test('a network that is cut says nothing, and goes on when it is mended', async (t) => {
  const host = await testHost(t);
  await host.cutNetwork();
  await assert.rejects(host.ssh('true', { timeout: 2000 }), /exit code 124/);
  await host.mendNetwork();
  assert.equal(await host.ssh('echo back'), 'back\n');
});

test('a snapshot shows what was done to a host, and nothing else', async (t) => {
  const host = await testHost(t);
  const before = await snapshot(host);
  assert.deepEqual(diffSnapshots(before, await snapshot(host)), []);
  await host.exec('chmod 600 /etc/hosts; echo x >>/etc/motd; systemctl restart ssh');
  // Of directories, too, where an overlay copies what is changed in them.
  const ignore = ['ctime'];
  const [hosts, motd, ...units] = diffSnapshots(before, await snapshot(host), { ignore }).map(
    (line) => line.split(' → ')[0]?.replace(/ \S+$/, '') ?? '',
  );
  assert.match(`${hosts}`, /^file \/etc\/hosts: mode$/);
  assert.match(`${motd}`, /^file \/etc\/motd: /);
  assert.ok(units.includes('unit ssh.service: pid'), units.join('\n'));
});

test('a host whose owner was killed is removed without a trace', async () => {
  const script = `
    import { createHost } from './tools/container/make.ts';
    const host = await createHost('orphan-' + process.pid);
    console.log(host.name, host.address);
    await new Promise(() => setInterval(() => {}, 1000));`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(owner, 'exit');
  const { value = 'nothing' } = await createInterface(owner.stdout)[Symbol.asyncIterator]().next();
  const [name = '', address = ''] = value.split(' ');
  owner.kill('SIGKILL');
  await ended;
  assert.match(name, /^orphan-/);
  await removeStaleHosts();
  await assertNoTrace(join(hostsDirectory, name), Number(address.split('.')[2]));
});

test('a host that is kept goes when its clone was deleted', async () => {
  const host = await createHost(`lost-${process.pid}`, { keep: true });
  await host.agent();
  await removeStaleHosts();
  assert.ok(await host.isRunning());
  await runAsRoot(['rm', '-rf', host.directory]);
  await removeStaleHosts();
  await assertNoTrace(host.directory, Number(host.address.split('.')[2]));
});

test('an address that another host has is not taken from it', async (t) => {
  const host = await testHost(t);
  const number = Number(host.address.split('.')[2]);
  await assert.rejects(createHost('second', { number }), {
    message: `The address ${host.address} is in use on this machine by ${host.directory}.\n  In that clone: npm run stop; or choose another address in stacks/Pulumi.local.yaml: 198.18.N.2.`,
  });
  assert.equal(await host.ssh('echo there'), 'there\n');
});
