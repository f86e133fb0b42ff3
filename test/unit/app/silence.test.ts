import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../../components/app/checks.ts';
import { complaints, context, items, shop, textOf } from '../shop.ts';

test('an instance is asked for as long as is said, and Monit waits for it', () => {
  const app = shop({ silence: '2m' });
  const all = items(checks.render?.(app, context(app)));
  assert.match(
    textOf(all, '/etc/monit/keelson.d/shop.conf'),
    /ask shop 3700" with timeout 165 seconds$/m,
  );
  assert.match(textOf(all, '/etc/monit/keelson.d/shop.health'), /\t@silence=120\n/);
});

test('it has bounds', () => {
  assert.deepEqual(complaints({ start: 'a.js', silence: '1s' }), [
    'silence is shorter than 5s; choose 5s to 10m',
  ]);
});
