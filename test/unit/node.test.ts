import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appSchema } from '../../components/app/app.ts';
import { nodeDirectory, renderNode } from '../../components/app/node.ts';
import { merge } from '../../components/host/manifest.ts';

const sha256 = 'a'.repeat(64);
const tarball = { version: '24.1.0', path: 'node-v24.1.0-linux-x64.tar.gz', sha256 };

test('Debian’s Node.js is a package', () => {
  assert.deepEqual(
    renderNode('debian', 'amd64').items.map(({ kind, name }) => [kind, name]),
    [['package', 'nodejs']],
  );
  assert.equal(nodeDirectory('debian'), '/usr/bin');
});

test('an exact version lies in a directory of its own, unpacked from the tarball that was meant', () => {
  const { items, uploads } = renderNode(tarball, 'amd64');
  const tree = items.find(({ kind }) => kind === 'tree');
  assert.equal(tree?.name, '/opt/keelson/node/24.1.0');
  assert.equal(tree?.instructions?.['@blob'], sha256);
  assert.equal(tree?.instructions?.['@strip'], '1');
  // npm is not wanted on the host.
  assert.equal(tree?.instructions?.['@only'], '*/bin/node');
  assert.ok(items.some(({ kind, name }) => kind === 'blob' && name === sha256));
  assert.deepEqual(uploads, [{ name: 'node-24.1.0', hash: sha256, archive: tarball.path }]);
  assert.equal(nodeDirectory(tarball), '/opt/keelson/node/24.1.0/bin');
});

test('a download lies in the cache, by its hash', () => {
  const { path: _, ...rest } = tarball;
  const node = { ...rest, url: 'https://example.com/node.tar.gz' };
  assert.equal(renderNode(node, 'amd64').uploads?.[0]?.archive, `.keelson/cache/${sha256}`);
});

test('two apps may share a version, and have two; one version cannot be two tarballs', () => {
  const twice = merge([renderNode(tarball, 'amd64'), renderNode(tarball, 'amd64')]);
  assert.equal(twice[0]?.uploads?.length, 1);
  const other = { ...tarball, version: '26.0.0', sha256: 'b'.repeat(64) };
  const both = merge([renderNode(tarball, 'amd64'), renderNode(other, 'amd64')]);
  assert.equal(both[0]?.items.filter(({ kind }) => kind === 'tree').length, 2);
  const clash = { ...tarball, sha256: 'b'.repeat(64) };
  assert.throws(
    () => merge([renderNode(tarball, 'amd64'), renderNode(clash, 'amd64')]),
    /24\.1\.0/,
  );
});

test('a tarball for another kind of processor is refused by its name', () => {
  assert.throws(() => renderNode(tarball, 'arm64'), {
    message:
      'node-v24.1.0-linux-x64.tar.gz is for x64, and the server is arm64; give the tarball for linux-arm64',
  });
  assert.doesNotThrow(() => renderNode({ ...tarball, path: 'node.tgz' }, 'arm64'));
});

test('what is not an exact version with its hash and one place to find it is refused', () => {
  const table = [
    'latest',
    { ...tarball, version: '24' },
    { ...tarball, sha256: 'x' },
    { ...tarball, path: 'node.tar.xz' },
    { ...tarball, url: 'https://example.com/n.tar.gz' },
    { version: '24.1.0', sha256 },
  ];
  for (const node of table) {
    const given = { source: '.', start: 'a.js', domains: ['a.de'], node };
    assert.equal(appSchema.safeParse(given).success, false, JSON.stringify(node));
  }
});
