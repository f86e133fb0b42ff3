/** `Host` in a program of somebody else's (test/programs/host), under the real engine and on real hosts. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { scenariosDirectory } from '../../tools/container/cleanup.ts';
import { pulumi, root } from '../../tools/lib/pulumi.ts';
import { type Run, said, start } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, diffSnapshots, snapshot, testHost } from '../harness/host.ts';
import { changed } from '../harness/stack.ts';

type Settings = { release: string; protect?: boolean; address?: string };

/** The program as a project of its own, with a state of its own. */
async function program(t: TestContext, hosts: readonly [DebianHost, DebianHost]) {
  const source = `${root}/test/programs/host`;
  const directory = join(scenariosDirectory, `${process.pid}-program`);
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'stacks'), { recursive: true });
  const project = parse(readFileSync(`${source}/Pulumi.yaml`, 'utf8'));
  const own = { ...project, main: `${source}/index.ts`, stackConfigDir: 'stacks' };
  writeFileSync(join(directory, 'Pulumi.yaml'), stringify(own));
  const socket = await hosts[0].agent();
  await hosts[1].shareAgent(socket);
  const options = {
    cwd: directory,
    state: join(directory, 'state'),
    env: { SSH_AUTH_SOCK: socket },
  };
  const file = join(directory, 'stacks/Pulumi.own.yaml');

  async function configure({ release, protect = false, address }: Settings): Promise<void> {
    const code = join(directory, release);
    cpSync(`${root}/test/apps/hello`, code, { recursive: true });
    writeFileSync(join(code, 'mark.txt'), `${release}\n`);
    const [one, two] = hosts.map(login) as [object, object];
    const old = existsSync(file) ? parse(readFileSync(file, 'utf8')) : {};
    const config = {
      ...old.config,
      'shop:machines': { one: { ...one, ...(address && { address }) }, two },
      'shop:source': code,
      'shop:protect': String(protect),
    };
    writeFileSync(file, stringify({ ...old, config }));
  }
  const run = (verb: 'up' | 'preview' | 'destroy', ...args: string[]): Promise<Run> =>
    start(verb, ['--stack', 'own', ...args], options).ended;
  const cli = (...args: string[]) => pulumi([...args, '--stack', 'own'], options);

  await configure({ release: 'one' });
  for (const args of [
    ['stack', 'init', '--no-select'],
    ['config', 'set', '--secret', 'token', 's3cret-word'],
  ])
    assert.equal((await cli(...args)).code, 0, args.join(' '));
  return { configure, run, cli, state: () => readFileSync(stateFile(options.state), 'utf8') };
}

const stateFile = (state: string): string => `${state}/.pulumi/stacks/shop/own.json`;

function login(host: DebianHost) {
  const lines = readFileSync(host.knownHosts, 'utf8').split('\n');
  const key = lines
    .find((line) => line.includes('ssh-ed25519'))
    ?.split(' ')
    .slice(1, 3);
  return { address: host.address, user: host.user, hostKey: key?.join(' ') };
}

const good = (run: Run): Run => {
  assert.equal(run.code, 0, said(run));
  return run;
};

/** When a host moved its instances, in milliseconds: the first and the last line of it. */
async function moves(host: DebianHost): Promise<[number, number]> {
  const log = await host.exec("grep -E 'rollout shop 370[01] .* in ' /var/log/keelson.log");
  const times = log.trim().split('\n').slice(-2);
  const [first = 0, last = 0] = times.map((line) => Date.parse(line.slice(0, 20)));
  return [first, last];
}

test('two hosts in a program of one’s own', { timeout: 600_000 }, async (t) => {
  const hosts = [await testHost(t, { user: 'admin' }), await testHost(t)] as const;
  const own = await program(t, hosts);

  await t.test(
    'a preview plans the one whose address is not known, and looks at the other',
    async () => {
      const run = good(await own.run('preview'));
      for (const name of ['web1-base', 'web1-rollout-shop', 'web1-prune', 'web2-base'])
        assert.ok(changed(run).includes(`create ${name}`), changed(run).join(', '));
      const told = run.messages.filter(({ text }) => text.startsWith('+ base: '));
      assert.deepEqual(
        told.map(({ urn }) => urn?.split('::').at(-1)),
        ['web2-base'],
      );
    },
  );

  await t.test('up makes both, each below its parent, and what waits for them after', async () => {
    const run = good(await own.run('up'));
    assert.equal(run.outputs.answer, '200');
    const { releases } = run.outputs as { releases: string[] };
    assert.match(releases[0] ?? '', /^[0-9a-f]{64}$/);
    assert.equal(releases[1], releases[0]);
    const names = run.steps.map(({ name }) => name);
    assert.ok(names.indexOf('visit') > names.indexOf('web2-prune'), names.join(', '));
    const base = run.steps.find(({ name }) => name === 'web1-base');
    assert.match(
      base?.urn ?? '',
      /::shop:index:Fleet\$keelson:index:Host\$command:remote:Command::/,
    );
    assert.doesNotMatch(own.state(), /s3cret-word/);
  });

  await t.test('another up has nothing to do and touches nothing', async () => {
    const before = await Promise.all(hosts.map((host) => snapshot(host)));
    const run = good(await own.run('up'));
    assert.deepEqual(changed(run), [], said(run));
    assert.deepEqual(Object.keys(run.changes), ['same']);
    assert.equal(said(run), '');
    for (const [index, host] of hosts.entries())
      assert.deepEqual(diffSnapshots(before[index] ?? {}, await snapshot(host)), []);
  });

  await t.test('a release moves on one host after the other', async () => {
    await own.configure({ release: 'two' });
    const run = good(await own.run('up'));
    assert.match(said(run), /rollout shop 3700 .* in [0-9.]+ s/);
    const [[, end], [begin]] = [await moves(hosts[0]), await moves(hosts[1])];
    assert.ok(end <= begin, `web2 moved at ${begin}, before web1 had at ${end}`);
  });

  await t.test(
    'one that is down fails the run, keeps no other from its release, and loses nothing',
    async () => {
      const state = own.state();
      await own.configure({ release: 'three', address: '198.18.0.3' });
      const run = await own.run('up');
      assert.notEqual(run.code, 0);
      // Where the address refuses connections, it is told before that they are tried again.
      const told = run.messages.filter(({ text }) =>
        /server web1 \(.*cannot be reached/.test(text),
      );
      assert.equal(told.length, 1, said(run));
      assert.match(
        told[0]?.text ?? '',
        /^(error: )?server web1 \(admin@198\.18\.0\.3:22\): cannot be reached/,
      );
      assert.ok(changed(run).includes('update web2-rollout-shop'), changed(run).join(', '));
      assert.ok(
        changed(run).every((step) => !step.includes('web1') && !step.startsWith('delete ')),
      );
      const count = (text: string) => text.match(/"urn": "[^"]*web1/g)?.length;
      assert.equal(count(own.state()), count(state));
      await own.configure({ release: 'three' });
      good(await own.run('up'));
    },
  );

  await t.test('protected, none is destroyed; else nothing is left of either', async () => {
    await own.configure({ release: 'three', protect: true });
    good(await own.run('up'));
    assert.match(said(await own.run('destroy')), /protect/);
    await own.configure({ release: 'three' });
    good(await own.run('up'));
    good(await own.run('destroy'));
    for (const host of hosts) {
      const left =
        'ls -d /etc/keelson /var/lib/keelson /usr/local/sbin/keelson /srv/shop/* 2>/dev/null';
      // Nobody ever sent a file, so that there are no uploads to keep.
      assert.equal(await host.exec(`${left}; getent passwd shop; :`), '');
    }
  });
});
