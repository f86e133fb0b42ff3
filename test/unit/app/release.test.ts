import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  keptRelease,
  publicDirectory,
  release,
  siteRelease,
} from '../../../components/app/release.ts';
import {
  bookworm,
  complaints,
  context,
  find,
  items,
  mailer,
  manual,
  names,
  shop,
} from '../shop.ts';

const hash = 'c'.repeat(64);

test('a release may be digits alone, which are a number to YAML', () => {
  assert.equal(shop({ release: 1234567 }).release, '1234567');
  assert.throws(() => shop({ release: 1.5e30 }), /is not a release; .*, in quotes/);
  assert.throws(() => shop({ release: 'abcdef' }), /at least the first 7 hex digits/);
});

test('a pinned release is the one kept release that begins so', () => {
  const facts = { ...bookworm, releases: { shop: ['abcdef1200', 'abcdef1300', '0123456789'] } };
  assert.deepEqual(keptRelease({ name: 'shop', release: '0123456' }, facts), {
    hash: '0123456789',
  });
  assert.throws(() => keptRelease({ name: 'shop', release: 'abcdef1' }, facts), {
    message: 'apps.shop.release: "abcdef1" fits abcdef1200, abcdef1300; give more digits',
  });
  assert.throws(() => keptRelease({ name: 'shop', release: 'fffffff' }, facts), {
    message:
      'apps.shop.release: "fffffff" is not kept on the server; choose among abcdef1200, abcdef1300, 0123456789',
  });
});

test('the code is the app’s to read, the static files are nginx’s alone', () => {
  const app = shop({ static: { '/b': 'dist', '/a': 'public/a', '/c': 'dist' } });
  const copy = publicDirectory(app, { hash }) ?? '';
  assert.match(copy, /^\/srv\/shop\/public\/c{16}-[0-9a-f]{8}$/);
  const wanted = release.render?.(app, context(app)) ?? {};
  const unpacked = {
    '@blob': hash,
    '@strip': '0',
    '@directories': '2750',
    '@files': '0640',
    '@remove': 'keep',
  };
  const trees = items(wanted).filter(({ kind }) => kind === 'tree');
  assert.deepEqual(trees, [
    {
      kind: 'tree',
      name: `/srv/shop/releases/${hash}`,
      state: { owner: 'root', group: 'shop', content: 'intact' },
      instructions: { ...unpacked, '@executables': '0750' },
    },
    {
      kind: 'tree',
      name: copy,
      state: { owner: 'root', group: 'www-data', content: 'intact' },
      instructions: { ...unpacked, '@executables': '0640', '@only': 'dist,public/a' },
    },
  ]);
  const folders = items(wanted).filter(({ kind }) => kind === 'directory');
  assert.deepEqual(
    folders.map(({ name, state: { owner, group, mode }, instructions }) =>
      [name, owner, group, mode, instructions?.['@remove']].join(' '),
    ),
    ['/srv/shop/releases root shop 2750 all', '/srv/shop/public root www-data 2750 all'],
  );
  assert.deepEqual(wanted.uploads, [{ name: 'release', hash, archive: 'shop.tar.gz' }]);
});

test('a worker’s code is unpacked in the same way, and nothing of it is served', () => {
  const app = mailer();
  assert.deepEqual(names(items(release.render?.(app, context(app)))), [
    'directory /srv/mailer/releases',
    `blob ${hash}`,
    `tree /srv/mailer/releases/${hash}`,
  ]);
});

test('a release that the host keeps is not sent again; other static directories are another copy', () => {
  const app = shop();
  const wanted = release.render?.(app, context(app, { release: { hash } })) ?? {};
  assert.deepEqual(wanted.uploads, []);
  assert.ok(!items(wanted).some(({ kind }) => kind === 'blob'));
  assert.equal(publicDirectory(app, { hash }), undefined);
  assert.notEqual(
    publicDirectory(shop({ static: { '/a': 'a' } }), { hash }),
    publicDirectory(shop({ static: { '/a': 'b' } }), { hash }),
  );
});

test('what it says of itself: its hash, and as many others as it will leave that ever came up', () => {
  const app = shop({ keep: 3 });
  const [a, b, c, d] = ['a', 'b', 'd', 'e'].map((letter) => letter.repeat(64)) as string[];
  const facts = {
    ...bookworm,
    releases: { shop: [a, hash, b, c, d] as string[] },
    failed: { shop: [b] as string[] },
  };
  assert.deepEqual(release.report?.(app, context(app, { facts })), { release: hash, kept: [a, c] });
});

test('a source that lies here must be readable', () => {
  const local = (source: unknown) => release.localFiles?.(shop({ source }));
  assert.deepEqual(local('../a'), [{ at: 'source', path: '../a', mayBeDirectory: true }]);
  assert.deepEqual(local({ path: '../a.tgz' }), [
    { at: 'source.path', path: '../a.tgz', mayBeDirectory: true },
  ]);
  assert.deepEqual(local({ url: 'https://a.de/b.tgz', sha256: hash }), []);
  assert.match(complaints({ start: 'a.js', source: {} }).join(), /^source /);
});

test('a site is read by nginx from the release itself, and has no other copy', () => {
  const app = manual();
  const all = items(siteRelease.render?.(app, context(app)));
  assert.equal(find(all, 'directory', '/srv/manual/releases').state?.group, 'www-data');
  const tree = find(all, 'tree', `/srv/manual/releases/${'c'.repeat(64)}`);
  assert.deepEqual([tree.state?.group, tree.state?.owner], ['www-data', 'root']);
  assert.ok(!all.some(({ name }) => name.includes('/public')));
});
