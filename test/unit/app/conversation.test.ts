import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conversationOf } from '../../../components/app/conversation.ts';
import { chat, wrongWith } from '../shop.ts';

const asked = (given: object) => conversationOf(chat(given));

test('without a word it is enough that a connection is taken', () => {
  const { send, expect, by } = asked({}) as { send?: string; expect?: string; by: string };
  assert.deepEqual([by, send, expect], ['tcp', undefined, undefined]);
});

test('an app that is told the client’s address is told of none first', () => {
  const { send } = asked({ proxyProtocol: true }) as { send: string };
  assert.equal(send, 'PROXY UNKNOWN\\r\\n');
  const talk = asked({ proxyProtocol: true, healthy: { send: 'PING\\r\\n', expect: 'PONG' } });
  assert.equal((talk as { send: string }).send, 'PROXY UNKNOWN\\r\\nPING\\r\\n');
});

test('what is sent and not answered proves nothing', () => {
  const told = wrongWith({ type: 'tcp', start: 'a.js', public: 7000, healthy: { send: 'PING' } });
  assert.deepEqual(told, ['healthy.send is sent, and no answer expected; add expect']);
});
