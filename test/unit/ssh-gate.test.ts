/** Logins at one jump host, of which only so many are under way at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from '../../components/ssh/gate.ts';

test('only so many pass at a time, and all in their turn', async () => {
  const gate = new Gate(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const pass = (number: number) =>
    gate.pass(async () => {
      inside += 1;
      most = Math.max(most, inside);
      order.push(number);
      await new Promise((done) => setImmediate(done));
      inside -= 1;
    });
  await Promise.all([1, 2, 3, 4, 5].map(pass));
  assert.deepEqual(order, [1, 2, 3, 4, 5]);
  assert.equal(most, 2);
});

test('who fails leaves its place to the next', async () => {
  const gate = new Gate(1);
  const failed = gate.pass(() => Promise.reject(new Error('no')));
  const next = gate.pass(async () => 'in');
  await assert.rejects(failed, /no/);
  assert.equal(await next, 'in');
  assert.equal(await gate.pass(async () => 'in'), 'in');
});
