/** Which manifests go that a list of names does not hold; the shell that runs on a host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const applied = (name: string, run: string) => ({
  [`manifests/${name}`]: `keelson 1 ${name}\nrun ${run}\n\nend\n`,
});
const memory = {
  ...applied('base', '20261129T080000Z-aaaa'),
  ...applied('access', '20261129T090000Z-bbbb'),
  ...applied('own', 'r1'),
};

const doomed = (run: string): string[] =>
  hostShell(`server=web1 run=${run}; echo base >"$work/kept"; doomed`, { memory })
    .split('\n')
    .filter(Boolean);

test('what no name stands for goes', () => {
  assert.deepEqual(doomed('20261129T090000Z-cccc'), ['access', 'own']);
  assert.deepEqual(doomed('20261130T000000Z-cccc'), ['access', 'own']);
  assert.deepEqual(doomed('removal'), ['access', 'own']);
});

test('names of an earlier run know nothing of a manifest that came after it', () => {
  assert.deepEqual(doomed('20261129T080000Z-cccc'), ['own']);
});
