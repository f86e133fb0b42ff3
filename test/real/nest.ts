/** Nest as `nest new` makes it and `nest build` builds it; it listens wherever it can. */
import assert from 'node:assert/strict';
import type { App, Site } from './app.ts';

async function order({ ask }: Site): Promise<readonly string[]> {
  const { status, body } = await ask('/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"amount":3}',
  });
  assert.deepEqual([status, body], [201, '{"amount":3}']);
  return ['JSON taken'];
}

export const nest: App = {
  name: 'nest',
  section: 'NestJS',
  install: [],
  build: [
    ['npm', 'install', '--include=dev'],
    ['npx', 'nest', 'build'],
    ['npm', 'prune', '--omit=dev'],
  ],
  change: { file: 'src/app.service.ts', from: 'Hello World!', to: 'Hello again!' },
  use: order,
};
