/** What is registered with Pulumi, held against exact inputs by mocks of the engine. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as pulumi from '@pulumi/pulumi';
import { unseen } from '../../components/host/facts.ts';
import { sha256 } from '../../components/host/item.ts';
import { aptPackage, blob } from '../../components/host/kinds.ts';
import type { Manifest } from '../../components/host/manifest.ts';
import { helper } from '../../components/host/script.ts';
import { type Judged, type Plan, Server } from '../../components/pulumi/resources.ts';

type Registered = { type: string; name: string; inputs: Record<string, unknown> };
let registered: Registered[] = [];
/** Names of those that are done, in the order in which they were. */
let ended: string[] = [];

before(() =>
  pulumi.runtime.setMocks({
    newResource: async ({ type, name, inputs }) => {
      registered.push({ type, name, inputs });
      if (name === 'web1-rollout-shop') await sleep(50);
      ended.push(name);
      return { id: name, state: { ...inputs, stdout: '' } };
    },
    call: () => ({}),
  }),
);

const manifest = (name: string, more: Partial<Manifest> = {}): Manifest => ({
  name,
  after: [],
  items: [aptPackage('nginx')],
  ...more,
});

const judged = (manifest: Manifest): Judged => ({
  manifest,
  verdict: { due: true, header: { run: 'r1', lines: ['! x (drift)'] }, findings: [] },
});

const plan = (manifests: Manifest[], more: Partial<Plan> = {}): Plan => ({
  target: {
    name: 'web1',
    address: '192.0.2.1',
    port: 22,
    user: 'root',
    hostKey: 'ssh-ed25519 AAAA',
  },
  memory: unseen.memory,
  run: 'r1',
  judged: manifests.map(judged),
  remembered: {},
  after: [],
  ...more,
});

async function register(what: Plan): Promise<Registered[]> {
  registered = [];
  const server = new Server(what);
  await Promise.all(
    [...server.commands.values()].map((command) => new Promise((done) => command.urn.apply(done))),
  );
  return registered;
}

const named = (all: Registered[], name: string): Registered => {
  const found = all.find((it) => it.name === name);
  assert.ok(found, `${name} is not among ${all.map((it) => it.name)}`);
  return found;
};

test('one command per manifest, with exact inputs and never a trigger', async () => {
  const all = await register(plan([manifest('nginx')]));
  assert.deepEqual(
    all.map(({ type, name }) => `${type} ${name}`),
    [
      'keelson:host:Server web1',
      'command:remote:Command web1-helper',
      'command:remote:Command web1-nginx',
    ],
  );
  const { connection, ...inputs } = named(all, 'web1-nginx').inputs as {
    connection: { value: unknown };
  };
  assert.deepEqual(connection.value, {
    host: '192.0.2.1',
    port: 22,
    user: 'root',
    hostKey: 'ssh-ed25519 AAAA',
    dialErrorLimit: 3,
    perDialTimeout: 15,
  });
  assert.deepEqual(inputs, {
    create: '/usr/local/sbin/keelson apply web1',
    delete: '/usr/local/sbin/keelson remove nginx web1',
    stdin: 'keelson 1 nginx\nrun r1\n! x (drift)\n\npackage\tnginx\tstate=installed\nend\n',
    addPreviousOutputInEnv: false,
  });
});

test('a user who is not root works through sudo', async () => {
  const target = { ...plan([]).target, user: 'admin' };
  const all = await register(plan([manifest('nginx')], { target }));
  assert.equal(
    named(all, 'web1-nginx').inputs.create,
    'sudo -n /usr/local/sbin/keelson apply web1',
  );
  assert.match(String(named(all, 'web1-helper').inputs.create), /^sudo -n sh -c '/);
});

test('the text of a secret manifest is a Pulumi secret', async () => {
  const all = await register(plan([manifest('environment-shop', { secret: true, app: 'shop' })]));
  const { stdin } = named(all, 'web1-environment-shop').inputs as { stdin: { value: string } };
  assert.match(stdin.value, /^keelson 1 environment-shop\n/);
});

test('what belongs to an app hangs below its component', async () => {
  const all = await register(
    plan([manifest('app-shop', { app: 'shop' }), manifest('rollout-shop', { app: 'shop' })]),
  );
  assert.equal(all.filter(({ type }) => type === 'keelson:app:App').length, 1);
  assert.equal(named(all, 'web1-shop').type, 'keelson:app:App');
});

test('a server moves only after the servers before it have, and prepares meanwhile', async () => {
  ended = [];
  const own = ['base', 'app-shop', 'rollout-shop'].map((name) =>
    manifest(name, {
      ...(name !== 'base' && { app: 'shop' }),
      after: name === 'rollout-shop' ? ['app-shop'] : [],
    }),
  );
  const web1 = new Server(plan(own));
  const target = { ...plan([]).target, name: 'web2' };
  const web2 = await register(plan(own, { target, after: [...web1.commands.values()] }));
  assert.equal(named(web2, 'web2-rollout-shop').type, 'command:remote:Command');
  const [moved, prepared, begun] = ['web1-rollout-shop', 'web2-base', 'web2-app-shop'].map((name) =>
    ended.indexOf(name),
  ) as [number, number, number];
  assert.ok(prepared !== -1 && prepared < moved && moved < begun, ended.join(', '));
});

test('a server where nothing moves waits for no other', async () => {
  ended = [];
  const own = [manifest('rollout-shop', { app: 'shop' })];
  const web1 = new Server(plan(own));
  const settled = own.map((manifest) => ({
    manifest,
    verdict: { ...judged(manifest).verdict, due: false },
  }));
  const target = { ...plan([]).target, name: 'web2' };
  await register(plan([], { target, judged: settled, after: [...web1.commands.values()] }));
  assert.ok(ended.includes('web2-rollout-shop') && !ended.includes('web1-rollout-shop'));
});

test('an upload runs again only when the host has lost what was sent', async () => {
  const uploads = [{ name: 'release', hash: 'abc', archive: '/dev/null' }];
  const sending = manifest('app-shop', { app: 'shop', items: [blob('abc', 'r1')], uploads });
  const first = await register(plan([sending]));
  assert.deepEqual(named(first, 'web1-shop-release').inputs.triggers, ['r1']);
  assert.equal(
    named(first, 'web1-shop-release').inputs.remotePath,
    '/var/lib/keelson/incoming/abc',
  );
  const memory = { ...unseen.memory, blobs: new Map([['abc', 'r0']]) };
  const again = await register(plan([sending], { memory }));
  assert.deepEqual(named(again, 'web1-shop-release').inputs.triggers, ['r0']);
});

test('the helper is installed again only when it is missing or another', async () => {
  const header = { run: 'r0', lines: [] };
  const manifests = new Map([['helper', { header, hash: '' }]]);
  const input = async (hash: string) => {
    const memory = { ...unseen.memory, manifests, helper: hash };
    return named(await register(plan([], { memory })), 'web1-helper').inputs.stdin;
  };
  assert.equal(await input(sha256(helper())), `run r0\n${helper()}`);
  assert.equal(await input('another'), `run r1\n${helper()}`);
});
