import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { readConfig } from '../../components/config/config.ts';
import { type HostConfig, parseHost } from '../../components/config/host.ts';
import { ConfigError } from '../../components/config/read.ts';
import { renderHost, reportHost } from '../../components/config/render.ts';
import { scratchDirectory } from './scratch.ts';
import { find, names, publicKey, trixie } from './shop.ts';

mkdirSync(`${scratchDirectory('host')}/code`);

const address = 'web1.example.com';
const shop = { source: 'code', start: 'server.js', domains: ['shop.example.com'] };
const blog = { ...shop, domains: ['blog.example.com'], port: 4300 };
const mailer = { type: 'worker', source: 'code', start: 'worker.js', instances: 2 };
const release = { hash: 'c'.repeat(64), archive: 'x.tar.gz' };

function problems(given: unknown, name = 'web1'): readonly string[] {
  try {
    parseHost(name, given);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
}

const manifests = (host: HostConfig) =>
  renderHost(host, trixie, Object.fromEntries(host.apps.map(({ name }) => [name, release])));

test('a host’s description says what a stack file with one server says, and is read alike', () => {
  const secrets = { shop: { TOKEN: 'x' } };
  const apps = { shop, mailer };
  const server = { address, user: 'admin', deploy: { keys: [publicKey] } };
  const values = { servers: { web1: server }, apps, secrets };
  const [host] = readConfig({ values, encrypted: new Set(['secrets']) }).hosts;
  assert.deepEqual(parseHost('web1', { ...server, apps, secrets }), host);
});

test('a host needs no more than an address', () => {
  const { name, apps, secrets } = parseHost('web1', { address });
  assert.deepEqual([name, apps, secrets], ['web1', [], {}]);
});

test('all problems of a description come at once, in the words of a stack file', () => {
  const wrong = {
    ...{
      adress: 'x',
      user: 'a b',
      privateKey: 'no such key',
      secrets: { wiki: {}, shop: { A: 1 } },
    },
    apps: { shop: { ...shop, port: 80, env: {} }, blog: { ...blog, source: 'nowhere' } },
  };
  assert.deepEqual(problems(wrong), [
    'address: is missing; write text: Where the server is reached over SSH, or its Host in ssh_config',
    'user: "a b" is not a user name; use letters, digits and _.@-',
    'adress: is not a setting; did you mean address?',
    'apps.shop.port: 80 is below 1024; choose 1024 to 65535',
    'secrets.wiki: there is no app wiki; remove it, or name an app',
    `apps.blog.source: "nowhere" cannot be read; give a path from ${process.cwd()}`,
  ]);
  assert.deepEqual(problems({ address, apps: { shop, blog: { ...blog, port: 3700 } } }), [
    'apps.blog.port: 3700 and the ports after it meet 3700 to 3763, which apps.shop keeps for its instances; choose 3764, or set instances',
  ]);
  assert.deepEqual(problems({ address, privateKey: 'no key' }), [
    `privateKey: "no key" cannot be read; give a path from ${process.cwd()}`,
  ]);
  assert.deepEqual(problems({ address, apps: { shop: { ...shop, servers: ['web1'] } } }).length, 1);
  assert.throws(() => parseHost('web1', {}), { message: /^host web1 has a problem:\n {2}address/ });
});

test('no problem shows a secret', () => {
  const told = problems({ address, apps: { shop }, secrets: { shop: { A: 'hunter2\0' } } });
  assert.equal(told.length, 1);
  assert.doesNotMatch(told.join(), /hunter2/);
});

test('a name that is none, and what is no description', () => {
  assert.match(problems({ address }, 'web 1').join(), /^name: "web 1" is not a name/);
  assert.match(problems('web1').join('\n'), /"web1" does not fit; write a mapping/);
});

test('a host’s manifests: what each holds, and that nginx and Monit are told of each site', () => {
  const all = manifests(parseHost('web1', { address, apps: { shop, mailer } }));
  assert.deepEqual(
    all.map(({ name, after, app, secret }) => [name, after.join(' '), app ?? '', secret]),
    [
      ['base', '', '', false],
      ['access', 'base', '', false],
      ['app-shop', 'base', 'shop', false],
      ['rollout-shop', 'app-shop', 'shop', true],
      ['site-shop', 'rollout-shop', 'shop', false],
      ['app-mailer', 'base', 'mailer', false],
      ['rollout-mailer', 'app-mailer', 'mailer', true],
      ['site-mailer', 'rollout-mailer', 'mailer', false],
    ],
  );
  const held = (name: string) => names(all.find((it) => it.name === name)?.items ?? []);
  assert.deepEqual(held('rollout-shop'), [
    'file /etc/keelson/filter.d/app-shop.nft',
    'file /etc/keelson/shop/environment',
    'rollout shop',
    'unit keelson-filter.service',
  ]);
  assert.deepEqual(held('site-shop'), [
    'directory /etc/nginx/keelson.d/shop',
    'file /etc/nginx/keelson.d/shop.conf',
    'file /etc/monit/keelson.d/shop.conf',
    'file /etc/monit/keelson.d/shop.health',
    'monitor shop-3700',
    'monitor shop-3701',
    'instances shop',
    'unit nginx.service',
    'unit monit.service',
  ]);
  assert.deepEqual(held('site-mailer'), [
    'file /etc/monit/keelson.d/mailer.conf',
    'file /etc/monit/keelson.d/mailer.health',
    'monitor mailer-1',
    'monitor mailer-2',
    'instances mailer',
    'unit monit.service',
  ]);
  for (const unit of ['nginx.service', 'monit.service']) {
    const [base, site] = ['base', 'site-shop'].map((name) =>
      find(all.find((it) => it.name === name)?.items ?? [], 'unit', unit),
    );
    assert.deepEqual(site, base);
  }
  const node = held('base').filter((name) => name === 'package nodejs');
  assert.equal(node.length, 1);
});

test('the packed release goes along with the manifest that unpacks it', () => {
  const app = manifests(parseHost('web1', { address, apps: { shop } })).find(
    ({ name }) => name === 'app-shop',
  );
  assert.deepEqual(app?.uploads, [{ name: 'release', ...release }]);
});

test('whoever asks for no other site’s name is asked last, so that the default may move', () => {
  const apps = { shop: { ...shop, domains: ['default'] }, blog };
  const sites = manifests(parseHost('web1', { address, apps })).filter(({ name }) =>
    name.startsWith('site-'),
  );
  assert.deepEqual(
    sites.map(({ name, after }) => [name, after]),
    [
      ['site-blog', ['rollout-blog']],
      ['site-shop', ['rollout-shop', 'site-blog']],
    ],
  );
});

test('cores move instances, upstream and checks together', () => {
  const host = parseHost('web1', { address, apps: { shop } });
  const all = renderHost(host, { ...trixie, cores: 3 }, { shop: release });
  const items = all.flatMap(({ items }) => items);
  const upstream = find(items, 'file', '/etc/nginx/keelson.d/shop.conf').content ?? '';
  assert.equal(upstream.match(/server 127\.0\.0\.1:/g)?.length, 3);
  assert.equal(items.filter(({ name }) => /^shop-\d+$/.test(name)).length, 3);
  assert.equal(find(items, 'instances', 'shop').state.running, '3700,3701,3702');
});

test('what is said of a host: where it is, and what runs there', () => {
  const host = parseHost('web1', { address, apps: { shop, mailer } });
  assert.deepEqual(reportHost(host, trixie, { shop: release, mailer: release }), {
    address,
    apps: {
      shop: { type: 'web', release: release.hash, instances: [3700, 3701], kept: [] },
      mailer: { type: 'worker', release: release.hash, instances: [1, 2], kept: [] },
    },
  });
});
