import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../../components/app/checks.ts';
import { complaints, items, shop, textOf } from '../shop.ts';

test('an instance is asked for as long as is said, and Monit waits for it', () => {
  const all = items(checks.render?.(shop({ silence: '2m' }), { instances: [3700] }));
  assert.match(
    textOf(all, '/etc/monit/keelson.d/shop.conf'),
    /watch shop 3700 shop-3700 60 120" with timeout 165 seconds$/m,
  );
});

test('it has bounds', () => {
  assert.deepEqual(complaints({ start: 'a.js', silence: '1s' }), [
    'silence is shorter than 5s; choose 5s to 10m',
  ]);
});
