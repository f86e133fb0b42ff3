import assert from 'node:assert/strict';
import { test } from 'node:test';
import { node, nodeDirectory } from '../../../components/app/node.ts';
import { compose } from '../../../components/host/compose.ts';
import type { Facts } from '../../../components/host/facts.ts';
import { bookworm, complaints, find, items, names, shop, trixie } from '../shop.ts';

const sha256 = 'a'.repeat(64);
const tarball = { version: '24.1.0', path: 'node-v24.1.0-linux-x64.tar.gz', sha256 };

const wanted = (given: object | string, architecture = 'amd64') =>
  node.render?.(shop({ node: given }), { facts: { ...trixie, architecture } }) ?? {};

const composed = (...given: object[]) =>
  compose(given.map((it) => ({ component: 'node', app: 'shop', wanted: wanted(it) })));

test('Debian’s Node.js is a package', () => {
  assert.deepEqual(names(items(wanted('debian'))), ['package nodejs']);
  assert.equal(nodeDirectory('debian'), '/usr/bin');
});

test('Debian’s Node.js is left out where no command of an app may start it', () => {
  const has = (given: object) =>
    names(items(node.render?.(shop({ start: undefined, ...given }), { facts: trixie }))).length > 0;
  const python = ['/usr/bin/python3', 'server.py'];
  assert.ok(!has({ exec: python }));
  assert.ok(!has({ exec: python, rollout: { before: ['/usr/bin/psql', '-f', 'a.sql'] } }));
  assert.ok(!has({ exec: ['bin/serve'], node: 'none' }));
  for (const exec of [
    ['node', 'a.js'],
    ['/usr/bin/node', 'a.js'],
    ['/usr/bin/env', 'node', 'a.js'],
    ['/bin/sh', 'start.sh'],
    // What it begins with is not known: it may be a script.
    ['bin/serve'],
  ])
    assert.ok(has({ exec }), `${exec}`);
  for (const hook of [
    ['node', 'migrate.js'],
    ['bin/migrate', 'up'],
  ])
    assert.ok(has({ exec: python, rollout: { before: hook } }), `${hook}`);
  const notes = node.notes?.(shop({ start: undefined, exec: python }), { facts: trixie });
  assert.deepEqual(notes, []);
});

test('none leaves nothing that starts with Node.js', () => {
  const message =
    'node is none, and the app starts with it; leave it out, or give another command as `exec`';
  assert.deepEqual(complaints({ start: 'a.js', node: 'none' }), [message]);
  assert.deepEqual(complaints({ exec: ['node', 'a.js'], node: 'none' }), [message]);
  assert.deepEqual(complaints({ exec: ['bin/serve'], node: 'none' }), []);
});

test('an exact version lies in a directory of its own, unpacked from the tarball that was meant', () => {
  const all = wanted(tarball).base ?? [];
  assert.deepEqual(names(all), [
    'directory /opt/keelson',
    'directory /opt/keelson/node',
    `blob ${sha256}`,
    'tree /opt/keelson/node/24.1.0',
  ]);
  assert.deepEqual(find(all, 'tree', '/opt/keelson/node/24.1.0'), {
    kind: 'tree',
    name: '/opt/keelson/node/24.1.0',
    state: { owner: 'root', group: 'root', content: 'intact' },
    instructions: {
      '@blob': sha256,
      '@strip': '1',
      '@directories': '0755',
      '@files': '0644',
      '@executables': '0755',
      // npm is not wanted on the host.
      '@only': '*/bin/node',
      '@remove': 'keep',
    },
  });
  assert.deepEqual(wanted(tarball).uploads, [
    { name: 'node-24.1.0', hash: sha256, archive: tarball.path },
  ]);
  assert.equal(nodeDirectory(tarball), '/opt/keelson/node/24.1.0/bin');
});

test('a download lies in the cache, by its hash', () => {
  const { path: _, ...rest } = tarball;
  const { uploads } = wanted({ ...rest, url: 'https://example.com/node.tar.gz' });
  assert.equal(uploads?.[0]?.archive, `.keelson/cache/${sha256}`);
});

test('two apps may share a version, and have two; one version cannot be two tarballs', () => {
  assert.equal(composed(tarball, tarball)[0]?.uploads?.length, 1);
  const other = { ...tarball, version: '26.0.0', sha256: 'b'.repeat(64) };
  const both = composed(tarball, other)[0]?.items ?? [];
  assert.equal(both.filter(({ kind }) => kind === 'tree').length, 2);
  assert.throws(
    () => composed(tarball, { ...tarball, sha256: 'b'.repeat(64) }),
    /tree \/opt\/keelson\/node\/24\.1\.0 is wanted in two ways/,
  );
});

test('a tarball for another kind of processor is refused by its name', () => {
  assert.throws(() => wanted(tarball, 'arm64'), {
    message:
      'node-v24.1.0-linux-x64.tar.gz is for x64, and the server is arm64; give the tarball for linux-arm64',
  });
  assert.doesNotThrow(() => wanted({ ...tarball, path: 'node.tgz' }, 'arm64'));
});

test('the tarball must be readable here, a download need not be', () => {
  const { path: _, ...rest } = tarball;
  assert.deepEqual(node.localFiles?.(shop({ node: tarball })), [
    { at: 'node.path', path: tarball.path },
  ]);
  const url = 'https://example.com/node.tar.gz';
  for (const given of ['debian', { ...rest, url }])
    assert.deepEqual(node.localFiles?.(shop({ node: given })), []);
});

test('a version alone is taken, and is found before anything is rendered', () => {
  const table: [unknown, string][] = [
    [24, '24'],
    ['24', '24'],
    [24.11, '24.11'],
    ['24.10', '24.10'],
    ['24.11.0', '24.11.0'],
  ];
  for (const [given, version] of table) assert.deepEqual(shop({ node: given }).node, { version });
  assert.throws(() => wanted('24'), { message: 'no build of Node.js 24 was looked for' });
  for (const given of [5, 24.5e10, -24, '24.', '24.1.2.3', 'v24', '^24', '24.x'])
    assert.match(complaints({ start: 'a.js', node: given }).join(), /^node /, String(given));
});

test('Debian’s own is told where it has had its end', () => {
  const told = (given: unknown, facts: Facts) =>
    node.notes?.(shop({ node: given }), { facts }).map(({ text }) => text);
  assert.deepEqual(told('debian', bookworm), [
    'shop runs on Debian 12’s own Node.js, which is 18: its makers mend nothing in it since 2025-04-30; `node: 24` brings a newer one',
  ]);
  assert.equal(told('debian', trixie)?.length, 1);
  assert.deepEqual(told('debian', { ...trixie, version: '14' }), []);
  assert.deepEqual(told(tarball, bookworm), []);
});

test('what is not an exact version with its hash and one place to find it is refused', () => {
  const table: [unknown, RegExp][] = [
    ['latest', /^node/],
    [{ ...tarball, version: '24' }, /^node/],
    [{ ...tarball, sha256: 'x' }, /^node/],
    [{ ...tarball, path: 'node.tar.xz' }, /^node/],
    [{ ...tarball, url: 'https://example.com/n.tar.gz' }, /^node/],
    [{ version: '24.1.0', sha256 }, /^node/],
  ];
  for (const [given, message] of table)
    assert.match(complaints({ start: 'a.js', node: given }).join(), message, JSON.stringify(given));
  assert.deepEqual(complaints({ start: 'a.js', node: tarball }), []);
});
