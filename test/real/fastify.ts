/** Fastify on all addresses, which its documentation advises and for which it lists the network interfaces. */
import assert from 'node:assert/strict';
import type { App, Site } from './app.ts';

async function order({ ask, domain }: Site): Promise<readonly string[]> {
  const headers = { 'content-type': 'application/json' };
  const post = (body: object) =>
    ask('/orders', { method: 'POST', headers, body: JSON.stringify(body) });
  const { status, body } = await post({ amount: 3 });
  assert.deepEqual([status, JSON.parse(body)], [201, { amount: 3 }]);
  assert.equal((await post({ amount: 0 })).status, 400);
  const front = JSON.parse((await ask('/')).body);
  assert.deepEqual([front.protocol, front.host], ['http', domain]);
  return ['JSON taken and refused by its schema', 'its own name known'];
}

export const fastify: App = {
  name: 'fastify',
  section: 'Fastify',
  change: { file: 'server.js', from: 'first edition', to: 'second edition' },
  use: order,
};
