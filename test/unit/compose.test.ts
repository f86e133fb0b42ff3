import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compose, type Wanted } from '../../components/host/compose.ts';
import { aptPackage, blob, directory, file, link, unit } from '../../components/host/kinds.ts';
import { manifests, parts } from '../../components/host/manifests.ts';
import { find, names } from './shop.ts';

const of = (component: string, wanted: Wanted, app?: string) => ({
  component,
  wanted,
  ...(app !== undefined && { app }),
});
const site = (app: string) => file(`/etc/nginx/keelson.d/${app}.conf`, app);
const web = (app: string, more: Wanted = {}) =>
  of('site', { app: [directory(`/srv/${app}`)], site: [site(app)], ...more }, app);
const shape = (...given: Parameters<typeof compose>[0]) =>
  compose(given).map(({ name, after, app, secret }) => [
    name,
    [...after].join(' '),
    app ?? '',
    secret,
  ]);

test('the manifests: what waits for what, and which one is secret', () => {
  assert.deepEqual(parts, [
    ...['base', 'private', 'access', 'tls-0-status'],
    ...['credentials', 'app', 'rollout', 'site', 'tls'],
  ]);
  assert.deepEqual(
    parts.map((part) => [
      part,
      manifests[part].scope,
      [manifests[part].after ?? ''].flat().join(' '),
    ]),
    [
      ['base', 'server', ''],
      ['private', 'server', 'base'],
      ['access', 'server', 'base'],
      ['tls-0-status', 'server', 'base'],
      ['credentials', 'app', 'base'],
      ['app', 'app', 'base credentials'],
      ['rollout', 'app', 'app'],
      ['site', 'app', 'rollout'],
      ['tls', 'app', 'site'],
    ],
  );
  assert.deepEqual(
    parts.filter((part) => manifests[part].secret),
    ['private', 'tls-0-status', 'credentials', 'rollout', 'tls'],
  );
});

test('what can shut us out goes back by itself after 90 s, and nothing else does', () => {
  const [base, access] = compose([
    of('sshd', { base: [aptPackage('openssh-server')], access: [file('/etc/ssh/x.conf', 'x')] }),
  ]);
  assert.deepEqual([base?.name, base?.confirm], ['base', undefined]);
  assert.deepEqual([access?.name, access?.after, access?.confirm], ['access', ['base'], 90]);
});

test('a host has one base, and each app manifests of its own that wait for no other app', () => {
  const all = (app: string) => web(app, { rollout: [file(`/etc/keelson/${app}`, 'x')] });
  assert.deepEqual(
    shape(of('packages', { base: [aptPackage('curl')] }), all('shop'), all('blog')),
    [
      ['base', '', '', false],
      ['app-shop', 'base', 'shop', false],
      ['rollout-shop', 'app-shop', 'shop', true],
      ['site-shop', 'rollout-shop', 'shop', false],
      ['app-blog', 'base', 'blog', false],
      ['rollout-blog', 'app-blog', 'blog', true],
      ['site-blog', 'rollout-blog', 'blog', false],
    ],
  );
});

test('a manifest of which nothing is wanted is none, and nobody waits for it', () => {
  assert.deepEqual(shape(of('user', { app: [directory('/srv/jobs')], site: [] }, 'jobs')), [
    ['app-jobs', '', 'jobs', false],
  ]);
});

test('a site that is to be the last comes after those of the other apps', () => {
  const all = shape(web('shop', { last: ['site'] }), web('blog'), web('wiki'));
  assert.deepEqual(
    all.filter(([name]) => String(name).startsWith('site')).map(([name, after]) => [name, after]),
    [
      ['site-blog', ''],
      ['site-wiki', ''],
      ['site-shop', 'site-blog site-wiki'],
    ],
  );
});

test('what several components want with the same words is one item, in several manifests too', () => {
  const folder = directory('/etc/nginx/keelson.d', { whole: true });
  const all = compose([
    of('nginx', { base: [folder, aptPackage('nginx'), aptPackage('nginx')] }),
    of('packages', { base: [aptPackage('nginx'), aptPackage('gzip')] }),
    of('site', { site: [folder] }, 'shop'),
  ]);
  assert.deepEqual(
    all.map(({ items }) => names(items)),
    [
      ['directory /etc/nginx/keelson.d', 'package nginx', 'package gzip'],
      ['directory /etc/nginx/keelson.d'],
    ],
  );
});

test('two components that want one thing in two ways are named, and so is the thing', () => {
  const [plain, other] = [directory('/srv'), directory('/srv', { mode: '0700' })];
  const two = 'directory /srv is wanted in two ways, by';
  assert.throws(() => compose([of('a', { base: [plain] }), of('b', { base: [other] })]), {
    message: `${two} a and by b; let one of them own it`,
  });
  // Also when neither stands in a manifest of the other.
  assert.throws(
    () => compose([of('logs', { app: [plain] }, 'shop'), of('logs', { site: [other] }, 'blog')]),
    { message: `${two} logs of shop and by logs of blog; let one of them own it` },
  );
  assert.throws(() => compose([of('a', { base: [plain, other] })]), /by a and by a/);
  const text = (content: string) => of('a', { base: [file('/etc/x', content)] });
  assert.throws(() => compose([text('one'), text('two')]), /file \/etc\/x is wanted in two ways/);
  const told = (check?: 'nginx') => of('a', { base: [file('/etc/x', '', check ? { check } : {})] });
  assert.throws(() => compose([told(), told('nginx')]), /file \/etc\/x is wanted in two ways/);
});

test('a secret file stands in a secret manifest or nowhere', () => {
  const secret = file('/etc/keelson/shop/environment', 'x', { secret: true });
  assert.doesNotThrow(() => compose([of('environment', { rollout: [secret] }, 'shop')]));
  assert.throws(() => compose([of('environment', { app: [secret] }, 'shop')]), {
    message:
      'file /etc/keelson/shop/environment of environment of shop is secret, and the manifest app-shop is not',
  });
});

test('an upload goes with the manifest that has its blob, once', () => {
  const upload = (name: string, hash: string) => ({ name, hash, archive: `${name}.tgz` });
  const node = { base: [blob('a', '')], uploads: [upload('node', 'a')] };
  const all = compose([
    of('node', node, 'shop'),
    of('node', node, 'blog'),
    of('release', { app: [blob('b', '')], uploads: [upload('release', 'b')] }, 'shop'),
  ]);
  assert.deepEqual(
    all.map(({ name, uploads }) => [name, uploads]),
    [
      ['base', [upload('node', 'a')]],
      ['app-shop', [upload('release', 'b')]],
    ],
  );
});

test('a note goes with its manifest', () => {
  const note = { item: 'rollout shop', keys: ['current'], text: 'costs seconds' };
  const rollout = { kind: 'rollout', name: 'shop', state: {} };
  const [app, own] = compose([
    {
      ...of('rollout', { app: [directory('/srv/shop')], rollout: [rollout] }, 'shop'),
      notes: [{ part: 'rollout', ...note }],
    },
  ]);
  assert.deepEqual([app?.notes, own?.notes], [[], [note]]);
});

const running = { enabled: 'enabled', active: 'active', change: 'reload' } as const;
const folder = '/etc/systemd/system';

test('a unit’s file and drop-ins are those that any component puts there', () => {
  const [base] = compose([
    of('monit', { base: [unit('monit.service', { ...running, config: '/etc/monit' })] }),
    of('motd', { base: [file(`${folder}/monit.service.d/z.conf`, 'z')] }),
    of('limits', { base: [file(`${folder}/monit.service.d/a.conf`, 'a')] }),
    of('other', {
      base: [
        file(`${folder}/monit.service.d/README`, 'no drop-in'),
        file(`${folder}/monit.service2.d/a.conf`, 'of another unit'),
        file(`${folder}/monit.service`, 'its own'),
      ],
    }),
  ]);
  const { state } = find(base?.items ?? [], 'unit', 'monit.service');
  assert.deepEqual(Object.entries(state), [
    ['enabled', 'enabled'],
    ['active', 'active'],
    ['fragment', `${folder}/monit.service`],
    ['dropins', `${folder}/monit.service.d/a.conf ${folder}/monit.service.d/z.conf`],
    ['config', 'current'],
  ]);
});

test('whichever manifest changes what a unit reads tells the unit, in the same words', () => {
  const nginx = unit('nginx.service', { ...running, config: '/etc/nginx' });
  const all = compose([
    of('nginx', { base: [nginx, file(`${folder}/nginx.service.d/keelson.conf`, 'x')] }),
    of('site', { app: [directory('/srv/shop')], site: [site('shop')] }, 'shop'),
    of('tls', { site: [link('/etc/nginx/keelson.d/blog/tls.conf', 'x')] }, 'blog'),
    of('checks', { site: [file('/etc/nginx2/a', 'no file of it')] }, 'wiki'),
    of('limits', { app: [file(`${folder}/nginx.service.d/wiki.conf`, 'x')] }, 'wiki'),
  ]);
  const holders = all.filter(({ items }) => names(items).includes('unit nginx.service'));
  assert.deepEqual(
    holders.map(({ name }) => name),
    ['base', 'site-shop', 'site-blog', 'app-wiki'],
  );
  const words = holders.map(({ items }) => JSON.stringify(find(items, 'unit', 'nginx.service')));
  assert.equal(new Set(words).size, 1);
  assert.match(words[0] ?? '', /keelson\.conf .*wiki\.conf/);
});

test('a unit is never in a manifest before the one that makes it', () => {
  const all = compose([
    of('base', { base: [file(`${folder}/shop.target.d/a.conf`, 'x')] }),
    of('service', { app: [unit('shop.target', { enabled: 'enabled' })] }, 'shop'),
  ]);
  assert.deepEqual(
    all.map(({ items }) => names(items)),
    [[`file ${folder}/shop.target.d/a.conf`], ['unit shop.target']],
  );
  assert.equal(
    find(all[1]?.items ?? [], 'unit', 'shop.target').state.dropins,
    `${folder}/shop.target.d/a.conf`,
  );
});

test('a rollout is told which drop-ins of its instances are the kit’s', () => {
  const rollout = { kind: 'rollout', name: 'shop', state: {}, instructions: { '@stop': '1' } };
  const composed = (...files: string[]) =>
    compose([
      of('rollout', { rollout: [rollout] }, 'shop'),
      of('more', { app: files.map((path) => file(path, 'x')) }, 'shop'),
    ])
      .flatMap(({ items }) => items)
      .find(({ kind }) => kind === 'rollout');
  assert.deepEqual(composed(), rollout);
  const own = `${folder}/shop@.service.d/more.conf`;
  assert.deepEqual(composed(own, `${folder}/shop@.socket.d/x.conf`)?.instructions, {
    '@stop': '1',
    '@dropins': own,
  });
});
