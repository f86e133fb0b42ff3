/** `Host`, up to where it looks: what its arguments may hold, and what is planned before an address is known. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import type { WebApp } from '../../components/app/types/web.ts';
import { Host, type HostArgs, type RunningApp } from '../../components/index.ts';
import { given } from '../../components/pulumi/inputs.ts';
import { type Machine, reachedBy } from '../../components/pulumi/machine.ts';
import { readHost } from '../../components/pulumi/settings.ts';
import { bringHelper, lookAt } from '../../components/pulumi/sight.ts';
import { engine } from './engine.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-host-'));
const root = process.cwd();
before(() => {
  process.chdir(directory);
  mkdirSync('shop');
  writeFileSync('shop/server.js', '');
});
after(() => {
  process.chdir(root);
  rmSync(directory, { recursive: true });
});

/** An address that is known when something else is there. */
const unknown = () =>
  new (pulumi.Output as unknown as new (...given: unknown[]) => pulumi.Output<string>)(
    new Set(),
    Promise.resolve(undefined),
    Promise.resolve(false),
    Promise.resolve(false),
    Promise.resolve(new Set()),
  );

const apps = { shop: { source: 'shop', start: 'server.js', domains: ['shop.example.com'] } };
const hostKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEu5Yk2mTq8Q7v1b0y0u3rVw6mXnJ4c2s9d8f7g6h5j4 a@b.example';

async function planned(args: HostArgs, options: pulumi.ComponentResourceOptions = {}) {
  const made = await engine({ preview: true });
  const host = new Host('web1', args, options);
  await new Promise((done) => host.apps.apply(done));
  while (!made.ended.includes('web1-prune')) await new Promise((done) => setTimeout(done, 10));
  return made;
}

test('where the address is not known yet, all is planned as new, and nothing said of it', async () => {
  const secrets = { shop: { TOKEN: pulumi.secret('s3cret') } };
  const made = await planned({ address: unknown(), user: 'admin', hostKey, apps, secrets });
  assert.deepEqual(made.ended.toSorted(), [
    ...['web1', 'web1-access', 'web1-access-confirm', 'web1-app-shop', 'web1-base', 'web1-helper'],
    ...['web1-prune', 'web1-rollout-shop', 'web1-shop', 'web1-shop-release', 'web1-site-shop'],
  ]);
  const { inputs } = made.named('web1-base');
  assert.equal(inputs.create, 'sudo -n /usr/local/sbin/keelson apply web1');
  // The texts of a host that nobody has seen are not known either.
  assert.ok(pulumi.isUnknown(inputs.stdin));
  assert.ok(pulumi.isUnknown(inputs.connection));
});

test('a state of the type that it had before is its own', async () => {
  const { type, aliases } = (await planned({ address: unknown(), hostKey })).named('web1');
  assert.equal(type, 'keelson:index:Host');
  assert.deepEqual(aliases, ['keelson:host:Server']);
});

test('its parent and its protection are those that were given, for all below it', async () => {
  const fleet = () => new pulumi.ComponentResource('shop:index:Fleet', 'fleet');
  const made = await engine({ preview: true });
  const options = { parent: fleet(), protect: true };
  const host = new Host('web1', { address: unknown(), hostKey }, options);
  await new Promise((done) => host.apps.apply(done));
  while (!made.ended.includes('web1-prune')) await new Promise((done) => setTimeout(done, 10));
  assert.equal(made.named('web1').parent, 'fleet');
  assert.ok(made.named('web1-base').protect);
});

test('the address alone is among its inputs', async () => {
  const { inputs } = (await planned({ address: unknown(), hostKey, apps })).named('web1');
  assert.deepEqual(Object.keys(inputs), ['address']);
});

test('arguments are waited for, however deep an output is in them', async () => {
  await engine();
  const settings = {
    address: Promise.resolve('web1.example.com'),
    apps: pulumi.output({ shop: { ...apps.shop, domains: [pulumi.output('a.example.com')] } }),
    secrets: { shop: { TOKEN: pulumi.secret('s3cret') } },
    alerts: { telegram: { chat: '1' } },
    serverSecrets: { telegram: pulumi.secret('123:abc') },
  };
  const read = await given(settings);
  assert.ok(read.known);
  assert.deepEqual([...read.encrypted], ['secrets', 'serverSecrets']);
  const { server, apps: all, secrets, serverSecrets } = readHost('web1', read);
  assert.equal(server.address, 'web1.example.com');
  assert.deepEqual((all[0] as WebApp | undefined)?.domains, ['a.example.com']);
  assert.deepEqual(secrets, { shop: { TOKEN: 's3cret' } });
  assert.deepEqual(serverSecrets, { telegram: '123:abc' });
  assert.equal(await pulumi.isSecret(read.after('text')), false);
});

test('arguments have a stack file’s problems, all at once', async () => {
  const read = await given({ adress: 'web1', apps: { shop: { source: 'nowhere', port: 80 } } });
  assert.throws(
    () => readHost('web1', read),
    ({ message }: Error) =>
      /host web1 has \d+ problems:/.test(message) &&
      /adress: is not a setting; did you mean address\?/.test(message) &&
      /apps\.shop\.port: 80/.test(message),
  );
});

test('a secret outside of secrets is refused, without its value', async () => {
  const read = await given({ address: 'a.example.com', hostname: pulumi.secret('s3cret') });
  assert.throws(
    () => readHost('web1', read),
    ({ message }: Error) =>
      /^host web1: hostname: holds a secret; give it in secrets\.APP\.NAME/.test(message) &&
      !message.includes('s3cret'),
  );
});

/** A machine of the same program that is not there yet. */
const machine = (more: Partial<Machine> = {}): Machine => ({
  ...{ address: unknown(), user: 'admin', hostKey: unknown(), disks: {}, boot: 300 },
  facts: Promise.resolve({ cores: 6, architecture: 'arm64' }),
  resource: Promise.resolve(new pulumi.ComponentResource('own:index:Machine', 'i-own')),
  standing: async () => ({ isYoung: true }),
  ...more,
});

test('on a machine that is not there yet it is planned for what that will be, and goes with it', async () => {
  const made = await engine({ preview: true });
  const host = new Host('web1', { machine: machine(), apps });
  const running = await new Promise<Record<string, RunningApp>>((done) =>
    host.apps.apply((all) => done(all)),
  );
  while (!made.ended.includes('web1-prune')) await new Promise((done) => setTimeout(done, 10));
  assert.equal(running.shop?.instances.length, 6);
  for (const { type, name, deletedWith } of made.registered)
    if (type.startsWith('command:')) assert.equal(deletedWith, 'i-own', name);
  // A login that is refused there would be no reason to keep the machine.
  while (made.outputs.web1 === undefined) await new Promise((done) => setTimeout(done, 10));
  const { machine: urn = '' } = made.outputs.web1 as { machine?: string };
  assert.match(urn, /::own:index:Machine::i-own$/);
});

test('what is given beside a machine holds, but for its address', async () => {
  await engine();
  const own = { user: 'root', hostKey, disks: { '/mnt/a': '/dev/disk/by-id/a' } };
  const made = machine({
    ...{ address: 'own.example.com', disks: { '/mnt/b': '/dev/disk/by-id/b' } },
  });
  // As that of one that was imported has none.
  Object.defineProperty(made, 'hostKey', { get: () => assert.fail('nobody needs it') });
  const { values } = await given(reachedBy(made, own));
  assert.deepEqual(values, {
    ...{ address: 'own.example.com', user: 'root', hostKey },
    disks: { '/mnt/a': '/dev/disk/by-id/a', '/mnt/b': '/dev/disk/by-id/b' },
  });
});

test('what is wrong with a machine is told in the place of a connection that fails', async () => {
  await engine();
  const stopped = machine({ standing: async () => ({ trouble: 'its instance is stopped' }) });
  const way = { name: 'web1', address: '192.0.2.1', user: 'admin' };
  const before = Promise.resolve(undefined);
  const host = new pulumi.ComponentResource('own:index:Host', 'web1');
  await assert.rejects(
    lookAt(way, () => [], 'run', before, host, stopped),
    {
      message: 'server web1 (admin@192.0.2.1:22): its instance is stopped',
    },
  );
});

test('the helper is brought to a host by an up that installs it, and by nothing else', async () => {
  const header = (run: string) => ({ name: 'helper', run, lines: [] });
  const seen = (due: boolean) =>
    ({ manifest: { name: 'helper' }, header: header('r1'), lines: [], due }) as never;
  const last = (run: string) => ({ headers: { helper: header(run) } }) as never;
  const brought = async (preview: boolean, ...[helper, before]: [never, never?]) => {
    await engine({ preview });
    const scripts: string[] = [];
    const script = async (text: string) => `${scripts.push(text)}`;
    await bringHelper({ script }, helper, before);
    return scripts.filter((text) => text.includes('bring_helper')).length;
  };
  assert.equal(await brought(false, seen(true), last('r1')), 1, 'it is due');
  assert.equal(await brought(false, seen(false), last('r0')), 1, 'the state has another one');
  assert.equal(await brought(false, seen(false)), 1, 'the state has none');
  assert.equal(await brought(false, seen(false), last('r1')), 0, 'the state has it');
  assert.equal(await brought(true, seen(true), last('r0')), 0, 'a preview');
});
