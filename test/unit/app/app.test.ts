import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, packReleases, renderApp, reportApp } from '../../../components/app/app.ts';
import type { AppConfig } from '../../../components/app/components.ts';
import { scratchDirectory } from '../scratch.ts';
import { bookworm, complaints, mailer, release, shop, web1 } from '../shop.ts';

scratchDirectory('app');

const given = (app: AppConfig, facts = bookworm) => ({
  ...{ server: web1(), facts, app, apps: [app], secrets: {}, release },
});

test('a web app needs a source, a start and a name to be asked for by; all else has a default', () => {
  const { name, source, start, domains, rollout: _, ...own } = shop();
  assert.deepEqual(
    [name, source, start, domains],
    ['shop', '../shop', 'server.js', ['shop.example.com']],
  );
  assert.deepEqual(own, {
    type: 'web',
    also: {},
    args: [],
    nodeArgs: [],
    health: '/',
    silence: 15,
    needs: [],
    instances: 'cores',
    port: 3700,
    listen: 'port',
    memory: '1G',
    openFiles: 65536,
    tasks: 256,
    stopTimeout: 15,
    reload: 'SIGHUP',
    limits: {},
    sandbox: { network: 'any', jit: true, writable: [], netlink: true, bus: false, calls: [] },
    reaches: [],
    metadata: false,
    static: {},
    bodySize: '10M',
    cache: {},
    timeout: 60,
    buffering: true,
    gzip: true,
    maintenance: false,
    node: 'debian',
    env: {},
    credentials: false,
    uploads: {},
    data: [],
    onRemove: 'keep',
    linked: [],
    scratch: [],
    places: {},
    headers: {},
    forwards: [],
    redirects: {},
    redirectFrom: [],
    keep: 5,
    logs: { to: 'journal', days: 14, size: '100M', rate: 100000 },
  });
});

test('a worker needs a source and a start, and has nothing that means nothing for it', () => {
  const { name, source, start, ...own } = mailer();
  assert.deepEqual([name, source, start], ['mailer', '../mailer', 'worker.js']);
  assert.deepEqual(own, {
    type: 'worker',
    also: {},
    args: [],
    nodeArgs: [],
    healthy: { stay: 10 },
    needs: [],
    instances: 1,
    memory: '1G',
    openFiles: 65536,
    tasks: 256,
    stopTimeout: 15,
    reload: 'SIGHUP',
    limits: {},
    sandbox: { network: 'any', jit: true, writable: [], netlink: true, bus: false, calls: [] },
    reaches: [],
    metadata: false,
    node: 'debian',
    env: {},
    credentials: false,
    data: [],
    onRemove: 'keep',
    linked: [],
    scratch: [],
    places: {},
    keep: 5,
    logs: { to: 'journal', days: 14, size: '100M', rate: 100000 },
    rollout: { start: 60, batch: '25%', hookTimeout: 600 },
  });
});

test('an app that does not say its type is web, and no type takes the fields of another', () => {
  assert.equal(shop({ type: 'web' }).type, 'web');
  const fields = ['port', 'listen', 'health', 'static', 'uploads', 'gzip', 'maintenance'];
  const more = Object.fromEntries(fields.map((name) => [name, 1]));
  assert.deepEqual(complaints({ type: 'worker', start: 'a.js', domains: undefined, ...more }), [
    ` Unrecognized keys: ${['domains', ...fields].map((name) => `"${name}"`).join(', ')}`,
  ]);
  assert.match(complaints({ start: 'a.js', healthy: {} }).join(), /Unrecognized key: "healthy"/);
  assert.match(complaints({ type: 'cron', start: 'a.js' }).join(), /^type /);
});

test('instances are known by their ports, or by their numbers', () => {
  const facts = { ...bookworm, cores: 3 };
  assert.deepEqual(contextOf(given(shop(), facts)).instances, [3700, 3701, 3702]);
  assert.deepEqual(contextOf(given(mailer({ instances: 2 }), facts)).instances, [1, 2]);
});

test('each component of its type is asked, by name', () => {
  const names = (app: AppConfig) => renderApp(given(app)).map(({ component }) => component);
  assert.ok(['site', 'checks', 'ports'].every((name) => names(shop()).includes(name)));
  assert.ok(!['site', 'health', 'ports'].some((name) => names(mailer()).includes(name)));
  for (const app of [shop(), mailer()])
    for (const it of renderApp(given(app))) assert.equal(it.app, app.name);
});

test('what is said after a run: its type, its release, its instances and what it can go back to', () => {
  const facts = { ...bookworm, releases: { shop: ['d'.repeat(64)] } };
  assert.deepEqual(reportApp(given(shop(), facts)), {
    type: 'web',
    release: release.hash,
    instances: [3700, 3701],
    kept: ['d'.repeat(64)],
  });
  assert.deepEqual(reportApp(given(mailer())), {
    type: 'worker',
    release: release.hash,
    instances: [1],
    kept: [],
  });
});

test('a pinned app is rendered from what the server keeps, and nothing is packed for it', async () => {
  const app = shop({ release: 'ddddddd', source: 'nowhere' });
  assert.deepEqual(await packReleases([app]), {});
  const hash = 'd'.repeat(64);
  const facts = { ...bookworm, releases: { shop: [hash] } };
  assert.deepEqual(contextOf({ ...given(app, facts), release: undefined }).release, { hash });
});

test('a source that cannot be packed is told by its setting', async () => {
  await assert.rejects(packReleases([shop({ source: 'nowhere' })]), {
    message: 'apps.shop.source: nowhere does not exist; give a directory or a tarball',
  });
  const node = { version: '24.1.0', path: 'none.tgz', sha256: 'a'.repeat(64) };
  await assert.rejects(packReleases([shop({ node })]), /^Error: apps\.shop\.node: .*none\.tgz/);
});
