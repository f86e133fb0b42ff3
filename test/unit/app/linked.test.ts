import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linked } from '../../../components/app/linked.ts';
import { complaints, find, items, names, shop, web1 } from '../shop.ts';

const all = (given: object) => items(linked.render?.(shop(given), {} as never));

test('each path is a directory of the app’s that stays, in directories that are nobody’s to write', () => {
  const items = all({ linked: ['.next/cache', 'public/uploads', 'public/a'] });
  assert.deepEqual(names(items), [
    'directory /srv/shop/linked',
    'directory /srv/shop/linked/.next',
    'directory /srv/shop/linked/public',
    'directory /srv/shop/linked/.next/cache',
    'directory /srv/shop/linked/public/uploads',
    'directory /srv/shop/linked/public/a',
  ]);
  const [folder] = items;
  assert.deepEqual(folder?.state, { owner: 'root', group: 'root', mode: '0755' });
  const { state, instructions } = find(items, 'directory', '/srv/shop/linked/public/a');
  assert.deepEqual(state, { owner: 'shop', group: 'shop', mode: '2750' });
  assert.deepEqual(instructions, { '@remove': 'keep', '@deep': 'yes' });
  assert.deepEqual(all({}), []);
});

test('it may lie elsewhere, as any directory of an app', () => {
  const items = all({ linked: ['uploads'], places: { 'linked/uploads': '/mnt/u' } });
  assert.equal(find(items, 'link', '/srv/shop/linked/uploads').state.target, '/mnt/u');
});

test('no path leaves the release', () => {
  for (const path of ['../x', '/x', 'a/', '', '.'])
    assert.match(
      complaints({ start: 'a.js', linked: [path] }).join(),
      /^linked\.0 is not a path inside the app/,
      path,
    );
});

test('one path in another, and a directory that has their folder’s name, are told', () => {
  const told = (app: object) => linked.conflicts?.([shop(app)], { server: web1(), secrets: {} });
  assert.deepEqual(told({ linked: ['a/b', 'ab', 'a'] }), [
    'apps.shop.linked.2: "a" overlaps with "a/b" of apps.shop.linked.0; keep the outer one',
  ]);
  assert.equal(told({ linked: ['a', 'a'] })?.length, 1);
  assert.deepEqual(told({ linked: ['a'], data: ['linked'] }), [
    'apps.shop.linked: is kept in /srv/shop/linked, which uploads or data name too; choose another name there',
  ]);
  assert.deepEqual(told({ data: ['linked'] }), []);
});

test('what is started, and what nginx serves, does not lie in one', () => {
  const told = (app: object) => linked.conflicts?.([shop(app)], { server: web1(), secrets: {} });
  assert.deepEqual(told({ linked: ['dist'], start: 'dist/server.js' }), [
    'apps.shop.start: "dist/server.js" lies in "dist" of linked, whose source is left out; name there what in it the app writes',
  ]);
  assert.deepEqual(told({ linked: ['public'], static: { '/': 'public', '/i': 'public/img' } }), [
    'apps.shop.static./: "public" lies in "public" of linked, which nginx does not read; name there what in it the app writes, or leave its files to the app',
    'apps.shop.static./i: "public/img" lies in "public" of linked, which nginx does not read; name there what in it the app writes, or leave its files to the app',
  ]);
  assert.match(
    told({ scratch: ['.next'], start: '.next/server.js' })?.[0] ?? '',
    /lies in "\.next" of scratch/,
  );
  const beside = { linked: ['public/uploads', 'server'], static: { '/': 'public' } };
  assert.deepEqual(told({ ...beside, start: 'server.js' }), []);
});
