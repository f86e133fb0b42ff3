import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailer } from '../shop.ts';

test('a worker works when it stays up for ten seconds, or for as long as is said', () => {
  assert.deepEqual(mailer().healthy, { stay: 10 });
  assert.deepEqual(mailer({ healthy: { stay: '5m' } }).healthy, { stay: 300 });
});

test('or when a command says so; never both', () => {
  const command = ['node', 'ping.js'];
  assert.deepEqual(mailer({ healthy: { command } }).healthy, { command });
  assert.throws(() => mailer({ healthy: { command, stay: '1s' } }));
  assert.throws(() => mailer({ healthy: { command: [] } }), /is empty; give a command/);
  assert.throws(() => mailer({ healthy: { command: ['a; b'] } }), /is not a plain argument/);
});
