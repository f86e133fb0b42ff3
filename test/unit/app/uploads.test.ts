import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uploads } from '../../../components/app/uploads.ts';
import { complaints, items, shop } from '../shop.ts';

const all = (given: object) => items(uploads.render?.(shop(given), {} as never));

test('nginx may read what the app receives; a directory that two URL paths share is one', () => {
  assert.deepEqual(all({ uploads: { '/a': 'media', '/b': 'media' } }), [
    {
      kind: 'directory',
      name: '/srv/shop/media',
      state: { owner: 'shop', group: 'www-data', mode: '2770' },
      instructions: { '@remove': 'keep', '@deep': 'yes' },
    },
  ]);
  const [going] = all({ uploads: { '/a': 'media' }, onRemove: 'delete' });
  assert.equal(going?.instructions?.['@remove'], 'last');
});

test('the app finds each of them by a variable', () => {
  const app = shop({ uploads: { '/a': 'my-media' } });
  assert.deepEqual(uploads.variables?.(app), { MY_MEDIA_DIR: '/srv/shop/my-media' });
});

test('uploads are never the whole site', () => {
  assert.deepEqual(complaints({ start: 'a.js', uploads: { '/': 'media' } }), [
    'uploads./ Invalid key in record',
  ]);
});
