/**
 * A server of a stack file from its making to its end: its user data is run by the real cloud-init on real hosts, up to
 * the first connection; AWS itself is pretended (test/harness/pretended-aws).
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { hostKeyIn } from '../../components/aws/user-data.ts';
import { disks } from '../../components/server/disks.ts';
import { root } from '../../tools/lib/pulumi.ts';
import { type Run, said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { type Machine, readWorld, type World, writeWorld } from '../harness/pretended-aws/world.ts';
import { writeCode } from '../harness/small-app.ts';
import { changed, type Stack, testStack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { trixie } from '../unit/shop.ts';

/** As Debian's images for EC2 have it, with a source of user data that needs no network. */
const cloudConfig = {
  datasource_list: ['NoCloud'],
  network: { config: 'disabled' },
  preserve_hostname: true,
  // The package that makes them is not in a host this small.
  locale: false,
  system_info: {
    default_user: {
      name: 'admin',
      sudo: ['ALL=(ALL) NOPASSWD:ALL'],
      shell: '/bin/bash',
      lock_passwd: true,
    },
  },
};

const seed = '/var/lib/cloud/seed/nocloud';

/** What the vendor of an image adds: the program has to wait for it, and to tell when it fails. */
const vendor = {
  slow: '#cloud-config\nruncmd: [[sleep, "4"]]\n',
  failing: '#cloud-config\nruncmd: ["echo the mirror is away", "exit 7"]\n',
};

/** A host with cloud-init, to which nobody can log in yet. */
async function machine(t: TestContext, release: 'bookworm' | 'trixie'): Promise<DebianHost> {
  const host = await testHost(t, { release });
  await host.exec(
    'apt-get install -y --no-install-recommends cloud-init >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends cloud-init; } >/dev/null 2>&1',
  );
  const config = `#cloud-config\n${stringify(cloudConfig)}`;
  await host.exec('cat >/etc/cloud/cloud.cfg.d/99_test.cfg', { input: config });
  await host.exec(`mkdir -p ${seed} && systemctl stop ssh.socket ssh 2>/dev/null; :`);
  return host;
}

/** Boots it with this user data, as an instance for the first time. */
async function firstBoot(host: DebianHost, userData: string, vendorData: string): Promise<void> {
  const files = {
    'user-data': userData,
    'vendor-data': vendorData,
    'meta-data': `instance-id: i-${Date.now()}\n`,
  };
  for (const [name, input] of Object.entries(files))
    await host.exec(`cat >${seed}/${name}`, { input });
  await host.exec('cloud-init clean --logs');
  await host.powerOff();
  await host.boot();
}

type Account = {
  readonly world: () => World;
  /** Changes what AWS has of an instance, behind Pulumi's back. */
  set(id: string, change: Partial<Machine>): void;
};

/** A pretended account, whose instances get these addresses one after another. */
function account(t: TestContext, directory: string, hosts: readonly DebianHost[]): Account {
  const path = join(directory, 'world.json');
  writeWorld(path, { addresses: hosts.map(({ address }) => address), instances: {}, done: [] });
  const before = process.env.PATH;
  process.env.PATH = `${root}/test/harness/pretended-aws:${before}`;
  process.env.KEELSON_PRETENDED_AWS = path;
  t.after(() => {
    process.env.PATH = before;
    delete process.env.KEELSON_PRETENDED_AWS;
  });
  const world = () => readWorld(path);
  const set = (id: string, change: Partial<Machine>) => {
    const all = world();
    const own = all.instances[id];
    assert.ok(own, id);
    writeWorld(path, { ...all, instances: { ...all.instances, [id]: { ...own, ...change } } });
  };
  return { world, set };
}

const apps = (stack: Stack) => ({
  shop: {
    source: join(stack.directory, 'shop'),
    start: 'server.js',
    domains: ['default'],
    rollout: { drain: '0s', start: '20s', watch: '0s', answers: 1 },
  },
});

/** Writes the stack file of one server on AWS. */
function configure(stack: Stack, key: string, aws: object = {}): void {
  const old = existsSync(stack.file) ? parse(readFileSync(stack.file, 'utf8')) : {};
  const config = {
    'aws:region': 'eu-central-1',
    'keelson:servers': { web1: { aws: { type: 'm7i.xlarge', boot: '90s', ...aws } } },
    'keelson:aws': { ssh: ['203.0.113.0/24'], keys: [key] },
    'keelson:apps': apps(stack),
  };
  writeFileSync(stack.file, stringify({ ...old, config }));
}

/** What systemd of a host makes of the units that mount a disk. */
async function diskUnits(host: DebianHost): Promise<void> {
  const device = '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0';
  const { base = [] } =
    disks.render?.({ disks: { '/mnt/uploads': device } }, { facts: trixie }) ?? {};
  const units = base.filter(({ name }) => /\.(mount|service)$/.test(name) && name.startsWith('/'));
  for (const { name, content = '' } of units)
    await host.exec(`cat >${name.replace('/etc', '/run')}`, { input: content });
  await host.exec('systemd-analyze verify /run/systemd/system/mnt-uploads.mount');
  const escaped = await host.exec(`systemd-escape --path --suffix=device ${device}`);
  const format = units.find(({ name }) => name.endsWith('.service'))?.content ?? '';
  assert.ok(format.includes(`Requires=${escaped}`), escaped);
  const [, program = ''] = /^ExecStart=(\S+) /m.exec(format) ?? [];
  await host.exec(`truncate -s 64M /root/disk && ${program} ext4 /root/disk`);
  const before = await host.exec(
    'sha256sum /root/disk && dumpe2fs -h /root/disk 2>/dev/null | grep UUID',
  );
  await host.exec(`${program} ext4 /root/disk`);
  assert.match(before, /UUID/);
  assert.ok(before.startsWith(await host.exec('sha256sum /root/disk')));
  await host.exec(
    'rm /root/disk /run/systemd/system/mnt-uploads.mount /run/systemd/system/keelson-format-*',
  );
}

const failed = (run: Run): string => {
  assert.notEqual(run.code, 0, said(run));
  return said(run);
};

test('a server on AWS, from its making to its end', { timeout: 600_000 }, async (t) => {
  const hosts = [await machine(t, 'trixie'), await machine(t, 'bookworm')] as const;
  const [first, second] = hosts;
  const stack = await testStack(t, hosts, {});
  const { world, set } = account(t, stack.directory, hosts);
  const key = readFileSync(`${first.identity}.pub`, 'utf8').trim();
  writeCode(join(stack.directory, 'shop'));
  configure(stack, key);

  /** A run during which the instance that it makes boots. */
  async function upWhileBooting(id: string, host: DebianHost, vendorData: string): Promise<Run> {
    const { ended } = stack.start('up');
    let isOver = false;
    ended.finally(() => {
      isOver = true;
    });
    while (!world().instances[id] && !isOver) await sleep(100);
    const made = world().instances[id];
    if (made) await firstBoot(host, made.userData, vendorData);
    return await ended;
  }

  const good = (run: Run): Run => {
    assert.equal(run.code, 0, said(run));
    return run;
  };

  await inOrder(t, [
    [
      'a preview of what is not there has as many instances as the type has cores',
      async () => {
        const run = good(await stack.preview());
        assert.match(JSON.stringify(run.outputs.apps), /on ports 3700-3703/);
        assert.ok(changed(run).includes('create web1-rollout-shop'), changed(run).join(', '));
        assert.deepEqual(world().done, []);
      },
    ],
    [
      'where cloud-init fails the run does, with the last lines of its log',
      async () => {
        const words = failed(await upWhileBooting('i-0', first, vendor.failing));
        assert.match(
          words,
          /server web1 \(admin@\S+\): .*cloud-init failed; its \/var\/log\/cloud-init-output\.log ends with/,
        );
        assert.match(words, /\| the mirror is away/);
        assert.equal((await first.tryExec('test -e /usr/local/sbin/keelson')).code, 1);
      },
    ],
    [
      'the next run finds the same instance, holds it against the same host key, and waits for cloud-init',
      async () => {
        const { userData = '' } = world().instances['i-0'] ?? {};
        set('i-0', { launchTime: new Date().toISOString() });
        const [run] = await Promise.all([stack.try('up'), firstBoot(first, userData, vendor.slow)]);
        good(run);
        assert.deepEqual(run.outputs.addresses, { web1: first.address });
        assert.deepEqual(Object.keys(world().instances), ['i-0']);
        const own = await first.exec('cat /etc/ssh/ssh_host_ed25519_key.pub');
        assert.equal(own.trim().split(' ').slice(0, 2).join(' '), hostKeyIn(userData));
        assert.equal(
          (await first.exec('ls /etc/ssh/ssh_host_*_key')).trim(),
          '/etc/ssh/ssh_host_ed25519_key',
        );
        assert.equal((await ask(first, '/')).status, 200);
      },
    ],
    [
      'another up has nothing to do, and the state has the host key encrypted',
      async () => {
        set('i-0', { launchTime: '2026-01-01T00:00:00Z' });
        const run = good(await stack.up());
        assert.deepEqual(Object.keys(run.changes), ['same'], said(run));
        const { stdout } = await stack.pulumi(['stack', 'export', '--stack', stack.name]);
        assert.doesNotMatch(stdout, /OPENSSH PRIVATE KEY/);
      },
    ],
    [
      'the units of a disk are good, and format what is empty alone (there is no block device here to mount)',
      () => diskUnits(first),
    ],
    [
      'what happened to it behind Pulumi’s back is said in a preview and in a run',
      async () => {
        const { publicIp = '' } = world().instances['i-0'] ?? {};
        set('i-0', { state: 'stopped' });
        assert.match(
          failed(await stack.try('preview')),
          /server web1 \(\S+\): its instance i-0 is stopped; start it/,
        );
        assert.match(failed(await stack.try('up')), /its instance i-0 is stopped/);
        set('i-0', { state: 'running', publicIp: '203.0.113.9' });
        assert.match(
          failed(await stack.try('preview')),
          /has lost its elastic address \S+ and has 203\.0\.113\.9 now/,
        );
        set('i-0', { state: 'terminated', publicIp });
        assert.match(
          failed(await stack.try('preview')),
          /its instance i-0 was terminated, and not by Pulumi/,
        );
        set('i-0', { state: 'running' });
      },
    ],
    [
      'another release makes it anew and provisions it in the same run; on the old one nothing is run',
      async () => {
        configure(stack, key, { release: 'bookworm' });
        const preview = good(await stack.preview());
        assert.ok(
          preview.steps.some(({ op, name }) => /replace/.test(op) && name === 'web1'),
          said(preview),
        );
        await first.powerOff();
        const before = world().instances['i-0']?.userData ?? '';
        good(await upWhileBooting('i-1', second, vendor.slow));
        const after = world().instances['i-1']?.userData ?? '';
        assert.notEqual(hostKeyIn(after), hostKeyIn(before));
        assert.equal((await ask(second, '/')).status, 200);
        assert.equal(world().instances['i-0']?.state, 'terminated');
        set('i-1', { launchTime: '2026-01-01T00:00:00Z' });
        const run = good(await stack.up());
        assert.deepEqual(Object.keys(run.changes), ['same'], said(run));
      },
    ],
    [
      'a destroy takes the instance away and runs nothing on it',
      async () => {
        await second.powerOff();
        good(await stack.destroy());
        assert.equal(world().instances['i-1']?.state, 'terminated');
      },
    ],
  ]);
});
