import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appSchema } from '../../components/app/app.ts';
import { renderUser } from '../../components/app/user.ts';
import { find, shop } from './shop.ts';

test('the user has no shell, no home, no password, and a group of its own', () => {
  const items = renderUser(shop());
  assert.deepEqual(find(items, 'user', 'shop').state, {
    group: 'shop',
    groups: '',
    home: '/nonexistent',
    shell: '/usr/sbin/nologin',
    password: 'locked',
    comment: 'Managed by Keelson',
  });
  assert.deepEqual(find(items, 'group', 'shop').state, { members: '' });
});

test('directories: who owns them, who may enter them, and which stay when the app goes', () => {
  const given = { uploads: { '/media': 'media' }, data: ['sessions'], static: { '/a': 'public' } };
  const table = renderUser(shop(given))
    .filter(({ kind }) => kind === 'directory')
    .map(({ name, state, instructions }) => [
      name,
      `${state.owner}:${state.group}`,
      state.mode,
      instructions?.['@remove'] ?? 'when empty',
    ]);
  assert.deepEqual(table, [
    ['/srv/shop', 'root:root', '0755', 'when empty'],
    ['/srv/shop/releases', 'root:shop', '2750', 'all'],
    ['/srv/shop/public', 'root:www-data', '2750', 'all'],
    ['/srv/shop/media', 'shop:www-data', '2770', 'keep'],
    ['/srv/shop/sessions', 'shop:shop', '2750', 'keep'],
    ['/etc/keelson/shop', 'root:shop', '0750', 'when empty'],
  ]);
});

test('uploads and data go with the app where the stack file says so', () => {
  const given = { uploads: { '/media': 'media' }, data: ['sessions'], onRemove: 'delete' };
  const items = renderUser(shop(given));
  for (const name of ['media', 'sessions'])
    assert.equal(find(items, 'directory', `/srv/shop/${name}`).instructions?.['@remove'], 'last');
});

test('what an app left behind when it went is its own again when it comes back', () => {
  const items = renderUser(shop({ uploads: { '/media': 'media' }, data: ['sessions'] }));
  const deep = items.filter(({ instructions }) => instructions?.['@deep'] === 'yes');
  assert.deepEqual(
    deep.map(({ name }) => name),
    ['/srv/shop/media', '/srv/shop/sessions'],
  );
});

test('a directory that two URL paths share is one item, and none is made without need', () => {
  const names = renderUser(shop({ uploads: { '/a': 'media', '/b': 'media' } })).map((i) => i.name);
  assert.equal(names.filter((name) => name === '/srv/shop/media').length, 1);
  assert.ok(!names.includes('/srv/shop/public'));
});

test('directories that would leave /srv/<app>, or that the kit uses, are refused', () => {
  for (const name of ['../x', 'a/b', '.ssh', 'releases', 'current', 'previous', 'public', ''])
    for (const given of [{ uploads: { '/u': name } }, { data: [name] }])
      assert.equal(
        appSchema.safeParse({ source: '.', start: 'a.js', domains: ['a.de'], ...given }).success,
        false,
        JSON.stringify(given),
      );
});
