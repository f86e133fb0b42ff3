import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workerHealth } from '../../../components/app/healthy.ts';
import { mailer } from '../shop.ts';

test('a worker works when it stays up for ten seconds, or for as long as is said', () => {
  assert.deepEqual(mailer().healthy, { stay: 10 });
  assert.deepEqual(mailer({ healthy: { stay: '5m' } }).healthy, { stay: 300 });
});

test('or when a command says so; never both', () => {
  const command = ['node', 'ping.js'];
  assert.deepEqual(mailer({ healthy: { command } }).healthy, { command, every: 60, timeout: 10 });
  assert.throws(() => mailer({ healthy: { command, stay: '1s' } }));
  assert.throws(() => mailer({ healthy: { command: [] } }), /is empty; give a command/);
  assert.throws(() => mailer({ healthy: { command: ['a; b'] } }), /is not a plain argument/);
});

test('or when it answers in a conversation, or touches a file', () => {
  const health = (healthy: object) => workerHealth(mailer({ healthy }));
  assert.deepEqual(health({ tcp: { port: 9000, expect: '220 ' } }), {
    ...{ by: 'tcp', port: 9000, expect: '220 ', timeout: 5, answers: 1 },
  });
  assert.deepEqual(health({ file: { path: '/tmp/alive' } }), {
    ...{ by: 'file', path: '/tmp/alive', age: 60 },
  });
  assert.throws(
    () => health({ tcp: { port: 9000, send: 'a' } }),
    /is sent, and no answer expected/,
  );
});

test('what is sent is one line, whichever way its bytes are written', () => {
  const sent = (send: string) => {
    const health = workerHealth(mailer({ healthy: { tcp: { port: 9000, send, expect: 'a' } } }));
    return health.by === 'tcp' ? health.send : '';
  };
  assert.equal(sent('PING\\r\\n'), 'PING\\r\\n');
  assert.equal(sent('PING\r\n'), 'PING\\x0d\\x0a');
  assert.equal(sent('\\0\\xFF\\\\01%'), '\\x00\\xFF\\\\01%');
  assert.throws(() => sent('\\q'), /cannot be sent; use ASCII/);
  assert.throws(() => sent('ä'), /cannot be sent; use ASCII/);
});

test('what is expected is one line', () => {
  const expecting = (expect: string) => mailer({ healthy: { tcp: { port: 9000, expect } } });
  assert.throws(() => expecting('a\nb'), /cannot be looked for; use printable ASCII/);
});
