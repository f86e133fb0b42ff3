import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packReleases, renderApp } from '../../components/app/app.ts';
import { type Manifest, merge } from '../../components/host/manifest.ts';
import { renderMonit } from '../../components/server/monit.ts';
import { renderNginx } from '../../components/server/nginx.ts';
import { renderServer, serverSchema } from '../../components/server/server.ts';
import { scratchDirectory } from './scratch.ts';
import { bookworm, shop } from './shop.ts';

scratchDirectory('app');

const release = { hash: 'c'.repeat(64), archive: 'shop.tar.gz' };
const server = { ...serverSchema.parse({ address: 'web1.example.com' }), name: 'web1' };
const key = `ssh-ed25519 ${'A'.repeat(68)}`;
const withDeploy = {
  ...serverSchema.parse({ address: 'web1.example.com', deploy: { keys: [key] } }),
  name: 'web1',
};

const rendered = (given: object = {}, on = server, cores = 2): Manifest[] =>
  merge([
    ...renderServer(on, bookworm),
    ...renderApp({
      server: on,
      facts: { ...bookworm, cores },
      app: shop(given),
      secrets: {},
      release,
    }),
    ...renderNginx(on, bookworm),
    ...renderMonit(on, bookworm),
  ]);

const named = (manifests: readonly Manifest[], name: string): Manifest => {
  const found = manifests.find((manifest) => manifest.name === name);
  assert.ok(found, name);
  return found;
};

test('an app needs a source, a start and a name to be asked for by; all else has a default', () => {
  const { name, source, start, domains, ...defaults } = shop();
  assert.deepEqual(
    [name, source, start, domains],
    ['shop', '../shop', 'server.js', ['shop.example.com']],
  );
  const { rollout: _, ...own } = defaults;
  assert.deepEqual(own, {
    args: [],
    nodeArgs: [],
    health: '/',
    instances: 'cores',
    port: 4190,
    listen: 'port',
    memory: '1G',
    openFiles: 65536,
    tasks: 256,
    stopTimeout: 15,
    reload: 'SIGHUP',
    sandbox: { network: 'any', jit: true, writable: [], netlink: false },
    static: {},
    bodySize: '10M',
    timeout: 60,
    buffering: true,
    gzip: true,
    maintenance: false,
    node: 'debian',
    env: {},
    uploads: {},
    data: [],
    onRemove: 'keep',
    keep: 5,
    logs: { to: 'journal', days: 14, size: '100M' },
  });
});

test('manifests: nginx turns to instances that run, and Monit watches what nginx serves', () => {
  const order = Object.fromEntries(rendered().map(({ name, after }) => [name, [...after].sort()]));
  assert.deepEqual(order, {
    base: [],
    journal: ['base'],
    'app-shop': ['base'],
    'environment-shop': ['app-shop'],
    'rollout-shop': ['environment-shop'],
    nginx: ['base', 'rollout-shop'],
    monit: ['base', 'nginx'],
  });
});

test('what holds or hashes a secret is a secret manifest, and nothing else is', () => {
  const secret = rendered().filter((manifest) => manifest.secret);
  assert.deepEqual(
    secret.map(({ name }) => name),
    ['environment-shop', 'rollout-shop'],
  );
});

test('cores move instances, upstream and checks together', () => {
  const manifests = rendered({}, server, 3);
  const upstream = named(manifests, 'nginx').items.find(({ name }) => name.endsWith('/shop.conf'));
  assert.equal(upstream?.content?.match(/server 127\.0\.0\.1:/g)?.length, 3);
  const monit = named(manifests, 'monit').items;
  assert.equal(monit.filter(({ name }) => name.startsWith('shop-')).length, 3);
  assert.equal(monit.find(({ kind }) => kind === 'instances')?.state.running, '4190,4191,4192');
});

test('sudoers only for a server with a deploy user', () => {
  const sudoers = (on: typeof server) =>
    named(rendered({}, on), 'app-shop').items.some(({ name }) => name.includes('sudoers'));
  assert.deepEqual([sudoers(server), sudoers(withDeploy)], [false, true]);
});

test('the packed release goes along with the manifest that unpacks it', () => {
  assert.deepEqual(named(rendered(), 'app-shop').uploads, [
    { name: 'release', hash: release.hash, archive: release.archive },
  ]);
});

test('a pinned app is rendered from what the server keeps, and nothing is packed for it', async () => {
  const app = shop({ release: 'ddddddd', source: 'nowhere' });
  assert.deepEqual(await packReleases([app]), {});
  const hash = 'd'.repeat(64);
  const facts = { ...bookworm, releases: { shop: [hash] } };
  const manifests = renderApp({ server, facts, app, secrets: {} });
  assert.ok(
    named(manifests, 'app-shop').items.some(({ name }) => name.endsWith(`/releases/${hash}`)),
  );
});

test('a source that cannot be packed is told by its setting', async () => {
  await assert.rejects(packReleases([shop({ source: 'nowhere' })]), {
    message: 'apps.shop.source: nowhere does not exist; give a directory or a tarball',
  });
  const node = { version: '24.1.0', path: 'none.tgz', sha256: 'a'.repeat(64) };
  await assert.rejects(packReleases([shop({ node })]), /^Error: apps\.shop\.node: .*none\.tgz/);
});

test('two apps share a server without claiming each other’s things', () => {
  const second = { ...shop({ port: 5000, domains: ['blog.example.com'] }), name: 'blog' };
  const facts = bookworm;
  const both = merge([
    ...rendered(),
    ...renderApp({ server, facts, app: second, secrets: {}, release }),
  ]);
  for (const name of ['app-blog', 'environment-blog', 'rollout-blog']) named(both, name);
  const after = named(both, 'nginx').after;
  assert.ok(after.includes('rollout-shop') && after.includes('rollout-blog'));
});
