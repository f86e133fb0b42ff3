import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numbersOf } from '../../../components/app/count.ts';
import { mailer } from '../shop.ts';

test('a worker’s instances are numbered from one, of which there is one', () => {
  assert.deepEqual(numbersOf(mailer()), [1]);
  assert.deepEqual(numbersOf(mailer({ instances: 3 })), [1, 2, 3]);
  assert.throws(() => mailer({ instances: 'cores' }));
  assert.throws(() => mailer({ instances: 0 }), /is below 1; choose 1 to 256/);
});
