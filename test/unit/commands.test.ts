/** What is registered of a host that was looked at, held against exact inputs by mocks of the engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { unseen } from '../../components/host/facts.ts';
import { aptPackage, blob } from '../../components/host/kinds.ts';
import type { Gone, Look, Remembered, Seen } from '../../components/host/look.ts';
import type { Manifest } from '../../components/host/manifest.ts';
import { register } from '../../components/pulumi/commands.ts';
import type { Plan } from '../../components/pulumi/plan.ts';
import { type Engine, engine, settled } from './engine.ts';

const manifest = (name: string, more: Partial<Manifest> = {}): Manifest => ({
  name,
  after: [],
  items: [aptPackage('nginx')],
  ...more,
});

const seen = (manifest: Manifest, more: Partial<Seen> = {}): Seen => ({
  manifest,
  due: true,
  header: { run: 'r1', lines: ['! x (drift)'] },
  rows: [],
  lines: [],
  ...more,
});

const settledHelper = seen(manifest('helper'), { due: false, header: { run: 'r0', lines: [] } });

const look = (all: Seen[], more: Partial<Look> = {}): Look => ({
  facts: unseen.facts,
  memory: unseen.memory,
  helper: settledHelper,
  seen: all,
  gone: [],
  isLate: false,
  ...more,
});

const here = '192.0.2.1 22  ssh-ed25519 A';
const connections = {
  now: { host: '192.0.2.1', user: 'root' },
  kept: { host: '192.0.2.1', user: 'root', dialErrorLimit: 1 },
};

async function registerHost(what: Look, more: Partial<Plan> = {}): Promise<pulumi.Resource[]> {
  const name = more.name ?? 'web1';
  const commands = register({
    ...{ host: new pulumi.ComponentResource('keelson:index:Host', name), name, user: 'root' },
    ...{ run: 'r1', look: what, connection: connections, reached: here },
    after: (text) => pulumi.output(text),
    turns: Promise.resolve([]),
    ...more,
  });
  await settled(commands);
  return commands;
}

const shop = [
  manifest('base'),
  manifest('app-shop', { app: 'shop', after: ['base'] }),
  manifest('rollout-shop', { app: 'shop', after: ['app-shop'], secret: true }),
  manifest('site-shop', { app: 'shop', after: ['rollout-shop'] }),
];

const tree = ({ registered }: Engine) =>
  registered.map(({ name, type, parent }) => `${parent} > ${type} ${name}`);

test('a host’s resources, in their order and below their parents', async () => {
  const made = await engine();
  const uploads = [{ name: 'release', hash: 'abc', archive: '/dev/null' }];
  await registerHost(
    look(shop.map((it) => seen(it.name === 'app-shop' ? { ...it, uploads } : it))),
  );
  assert.deepEqual(tree(made).toSorted(), [
    ' > keelson:index:Host web1',
    'web1 > command:remote:Command web1-base',
    'web1 > command:remote:Command web1-helper',
    'web1 > command:remote:Command web1-prune',
    'web1 > keelson:app:App web1-shop',
    'web1-shop > command:remote:Command web1-app-shop',
    'web1-shop > command:remote:Command web1-rollout-shop',
    'web1-shop > command:remote:Command web1-site-shop',
    'web1-shop > command:remote:CopyToRemote web1-shop-release',
  ]);
  const waits = (name: string) => made.named(name).dependsOn.join(' ');
  assert.equal(waits('web1-helper'), '');
  assert.equal(waits('web1-base'), 'web1-helper');
  assert.equal(waits('web1-shop-release'), 'web1-helper');
  assert.equal(waits('web1-app-shop'), 'web1-base web1-helper web1-shop-release');
  assert.equal(waits('web1-rollout-shop'), 'web1-app-shop web1-helper');
  assert.equal(
    waits('web1-prune'),
    'web1-app-shop web1-base web1-helper web1-rollout-shop web1-site-shop',
  );
});

test('one command per manifest, with exact inputs and never a trigger or a delete', async () => {
  const made = await engine();
  await registerHost(look([seen(manifest('nginx'))]));
  const { connection, ...inputs } = made.named('web1-nginx').inputs as {
    connection: { value: unknown };
  };
  assert.deepEqual(connection.value, {
    ...{ host: '192.0.2.1', user: 'root', port: 22, dialErrorLimit: 10, perDialTimeout: 15 },
  });
  assert.deepEqual(inputs, {
    create: '/usr/local/sbin/keelson apply web1',
    stdin: 'keelson 1 nginx\nrun r1\n! x (drift)\n\npackage\tnginx\tstate=installed\nend\n',
    addPreviousOutputInEnv: false,
    logging: 'none',
  });
});

test('the helper’s command and the last one are constant lines, and alone take away', async () => {
  const made = await engine();
  await registerHost(look(shop.map((it) => seen(it))));
  const lines = ({ create, update, delete: remove }: Record<string, unknown>) => [
    create,
    update,
    remove,
  ];
  assert.deepEqual(lines(made.named('web1-helper').inputs), [
    'sh -s web1',
    undefined,
    '/usr/local/sbin/keelson uninstall web1',
  ]);
  assert.deepEqual(lines(made.named('web1-prune').inputs), [
    '/usr/local/sbin/keelson prune web1',
    undefined,
    '/usr/local/sbin/keelson destroy web1',
  ]);
  assert.equal(
    made.named('web1-prune').inputs.stdin,
    'run r1\nbase\napp-shop\nrollout-shop\nsite-shop\nend\n',
  );
});

test('a user who is not root works through sudo', async () => {
  const made = await engine();
  const secret = seen(manifest('rollout-shop', { secret: true }));
  await registerHost(look([seen(manifest('nginx')), secret]), { user: 'admin' });
  assert.deepEqual(
    ['nginx', 'rollout-shop', 'helper', 'prune'].map(
      (it) => made.named(`web1-${it}`).inputs.create,
    ),
    [
      'sudo -n /usr/local/sbin/keelson apply web1',
      // It calls sudo itself, which reads nothing of it then.
      '/usr/local/sbin/keelson send web1',
      'sudo -n sh -s web1',
      'sudo -n /usr/local/sbin/keelson prune web1',
    ],
  );
});

const ignored = async (what: Look, more: Partial<Plan> = {}) => {
  const made = await engine();
  await registerHost(what, more);
  return Object.fromEntries(
    made.registered
      .filter(({ type }) => type.startsWith('command:'))
      .map(({ name, ignoreChanges }) => [name.replace('web1-', ''), ignoreChanges.join(' ')]),
  );
};

const last = (more: Partial<Remembered> = {}): Remembered => ({
  ...{ facts: unseen.facts, blobs: {}, reached: here },
  headers: { helper: { run: 'r0', lines: [] }, base: { run: 'r0', lines: [] } },
  ...more,
});

const settledBase = seen(manifest('base'), { due: false, header: { run: 'r0', lines: [] } });

test('what has no reason to run keeps the input that it had', async () => {
  const base = seen(manifest('base'));
  assert.deepEqual(await ignored(look([base]), { last: last() }), {
    ...{ helper: 'stdin', prune: 'stdin', base: '' },
  });
  const helper = { ...settledHelper, due: true };
  const gone: Gone[] = [{ name: 'journal', due: true, rows: [], lines: ['- file /etc/x (gone)'] }];
  assert.deepEqual(await ignored(look([base], { helper, gone })), {
    ...{ helper: '', prune: '', base: '' },
  });
});

test('the helper is also installed where the state does not know the server, or is behind the host', async () => {
  const of = async (more: Partial<Plan>) => (await ignored(look([]), more)).helper;
  // As one that gets another name, of which the host has to be told.
  assert.equal(await of({}), '');
  assert.equal(await of({ last: last({ headers: { helper: { run: 'r9', lines: [] } } }) }), '');
});

test('who logs in, and how, is no reason to run', async () => {
  const way = 'connection create';
  assert.deepEqual(await ignored(look([settledBase]), { last: last() }), {
    ...{ helper: `stdin ${way} delete`, prune: `stdin ${way} delete`, base: way },
  });
});

test('where something runs, those that a destroy goes by take the connection of the run', async () => {
  const due = seen(manifest('site', { after: ['base'] }));
  assert.deepEqual(await ignored(look([settledBase, due]), { last: last() }), {
    ...{ helper: 'stdin', prune: 'stdin', base: 'connection create', site: '' },
  });
});

test('where all reach the host otherwise than before, those do as well', async () => {
  const moved = last({ reached: '192.0.2.9 22  ssh-ed25519 A' });
  assert.deepEqual(await ignored(look([settledBase]), { last: moved }), {
    ...{ helper: 'stdin', prune: 'stdin', base: 'connection create' },
  });
  const unknown = { ...last(), reached: undefined } as unknown as Remembered;
  const { helper } = await ignored(look([settledBase]), { last: unknown });
  assert.equal(helper, 'stdin connection create delete', 'a state of an earlier version');
});

test('where the login of the last run lets nobody in, those take that of this one', async () => {
  assert.deepEqual(await ignored(look([settledBase]), { last: last(), isBarred: true }), {
    ...{ helper: 'stdin', prune: 'stdin', base: 'connection create' },
  });
});

test('a host that is ahead of the state is caught up with, by the connection of the run', async () => {
  const behind = last({ headers: { helper: { run: 'r0', lines: [] } } });
  assert.deepEqual(await ignored(look([settledBase]), { last: behind }), {
    ...{ helper: 'stdin', prune: 'stdin', base: '' },
  });
});

test('where nobody looked, no connection differs', async () => {
  const { base, prune } = await ignored(look([settledBase]), { reached: undefined });
  assert.deepEqual([base, prune], ['connection create', 'stdin connection create delete']);
});

test('a copy that the state has is not sent over another connection', async () => {
  const uploads = [{ name: 'release', hash: 'abc', archive: '/dev/null' }];
  const sending = seen(manifest('app-shop', { app: 'shop', items: [blob('abc', 'r0')], uploads }));
  const memory = { ...unseen.memory, blobs: new Map([['abc', 'r0']]) };
  const of = async (blobs: Record<string, string>) =>
    (await ignored(look([sending], { memory }), { last: last({ blobs }) }))['shop-release'];
  assert.equal(await of({ abc: 'r0' }), 'connection source');
  assert.equal(await of({ abc: 'r9' }), '');
  assert.equal(await of({}), '');
});

test('commands that a destroy goes by give a wrong login up soon', async () => {
  const made = await engine();
  await registerHost(look([seen(manifest('base'))]));
  const limit = (name: string) =>
    (made.named(name).inputs.connection as { value: { dialErrorLimit: number } }).value
      .dialErrorLimit;
  assert.deepEqual(['web1-helper', 'web1-prune', 'web1-base'].map(limit), [1, 1, 10]);
});

test('where connections are limited, each command waits for its turn, after what it depends on', async () => {
  const made = await engine({ slow: ['web1-helper'] });
  const turns: string[][] = [];
  const pace = async () => void turns.push([...made.ended]);
  await registerHost(look([settledBase, seen(manifest('site', { after: ['base'] }))]), {
    ...{ last: last(), pace },
  });
  // The manifest that is settled makes no connection.
  assert.deepEqual(
    turns.map((ended) => ended.filter((it) => it !== 'web1').join(' ')),
    ['', 'web1-helper web1-base', 'web1-helper web1-base web1-site'],
  );
});

test('what goes is told once, by the preview; what the last command did its plugin tells', async (t) => {
  const gone = ['app-old', 'site-old'].map(
    (name): Gone => ({ name, due: true, rows: [], lines: [`- file /etc/${name} (gone)`] }),
  );
  const log = t.mock.method(pulumi.log, 'info', async () => {});
  const told = async (preview: boolean) => {
    await engine({ preview, stdout: 'gone   file /etc/x' });
    await registerHost(look([], { gone }));
    await pulumi.runtime.disconnect();
    const said = log.mock.calls.map(({ arguments: [message] }) => message);
    log.mock.resetCalls();
    return said;
  };
  assert.deepEqual(await told(true), [gone.flatMap(({ lines }) => lines).join('\n')]);
  assert.deepEqual(await told(false), []);
});

test('the text of a secret manifest is a Pulumi secret, that of another is not', async () => {
  const made = await engine();
  await registerHost(look(shop.map((it) => seen(it))));
  const { stdin } = made.named('web1-rollout-shop').inputs as { stdin: { value: string } };
  assert.match(stdin.value, /^keelson 1 rollout-shop\n/);
  assert.equal(typeof made.named('web1-site-shop').inputs.stdin, 'string');
});

test('a manifest that wants to be confirmed is, by a command of its own after it', async () => {
  const made = await engine();
  const firewall = manifest('firewall', { confirm: 30 });
  await registerHost(look([seen(firewall), seen(manifest('site', { after: ['firewall'] }))]));
  const { inputs, dependsOn } = made.named('web1-firewall-confirm');
  assert.equal(inputs.create, '/usr/local/sbin/keelson confirm r1 web1');
  assert.deepEqual(dependsOn, ['web1-firewall']);
  assert.deepEqual(made.named('web1-site').dependsOn, ['web1-firewall-confirm', 'web1-helper']);
});

test('before it is confirmed somebody comes in anew, once it is applied, and only where it has something to do', async () => {
  const firewall = manifest('firewall', { confirm: 30 });
  const came = async (more: Partial<Seen>, preview = false) => {
    const made = await engine({ preview });
    const seenBefore: string[][] = [];
    const enter = async () => void seenBefore.push([...made.ended]);
    await registerHost(look([seen(firewall, more)]), { enter });
    return seenBefore;
  };
  const [before = [], ...others] = await came({});
  assert.deepEqual(others, []);
  assert.ok(before.includes('web1-firewall') && !before.includes('web1-firewall-confirm'));
  assert.deepEqual(await came({ due: false }), []);
  assert.deepEqual(await came({}, true), []);
});

test('what an interrupted run left to be confirmed is, though nothing is due', async () => {
  const firewall = manifest('firewall', { confirm: 30 });
  const last: Remembered = {
    ...{ facts: unseen.facts, blobs: {} },
    headers: { firewall: { run: 'r1', lines: [] } },
  };
  const ignored = async (more: Partial<Seen>) => {
    const made = await engine();
    await registerHost(look([seen(firewall, { due: false, ...more })]), { last });
    return made.named('web1-firewall-confirm').ignoreChanges;
  };
  assert.deepEqual(await ignored({}), ['connection', 'create']);
  assert.deepEqual(await ignored({ isUnconfirmed: true }), []);
});

test('a host moves only after the hosts before it have, and prepares meanwhile', async () => {
  const made = await engine({ slow: ['web1-rollout-shop'] });
  const turns = registerHost(look(shop.map((it) => seen(it))));
  await registerHost(look(shop.map((it) => seen(it))), { name: 'web2', turns });
  const [moved, prepared, begun] = ['web1-rollout-shop', 'web2-base', 'web2-app-shop'].map((name) =>
    made.ended.indexOf(name),
  ) as [number, number, number];
  assert.ok(prepared !== -1 && prepared < moved && moved < begun, made.ended.join(', '));
});

test('a host where nothing moves waits for no other', async () => {
  const made = await engine();
  const never = new Promise<pulumi.Resource[]>(() => {});
  await registerHost(look(shop.map((it) => seen(it, { due: false }))), { turns: never });
  assert.ok(made.ended.includes('web1-rollout-shop'));
});

test('an upload runs again only when the host has lost what was sent', async () => {
  const uploads = [{ name: 'release', hash: 'abc', archive: '/dev/null' }];
  const sending = seen(manifest('app-shop', { app: 'shop', items: [blob('abc', 'r1')], uploads }));
  const sent = async (blobs: [string, string][]) => {
    const made = await engine();
    const memory = { ...unseen.memory, blobs: new Map(blobs) };
    await registerHost(look([sending], { memory }));
    return made.named('web1-shop-release').inputs;
  };
  const first = await sent([]);
  assert.deepEqual(first.triggers, ['r1']);
  assert.equal(first.remotePath, '/var/lib/keelson/incoming/abc');
  assert.deepEqual((await sent([['abc', 'r0']])).triggers, ['r0']);
});
