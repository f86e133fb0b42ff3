/** Which manifests go when a run is over, by dash as Debian has it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const manifest = (name: string, run: string): string => `keelson 1 ${name}\nrun ${run}\n\nend\n`;
const doomed = (run: string): string[] =>
  hostShell(`printf 'base\\n' >"$work/kept"; run='${run}'; doomed`, {
    memory: {
      'manifests/base': manifest('base', '20260101T000000Z-0001'),
      'manifests/app-old': manifest('app-old', '20260101T000000Z-0001'),
      'manifests/app-new': manifest('app-new', '20260301T000000Z-0001'),
      'pending/app-begun': manifest('app-begun', '20260101T000000Z-0001'),
    },
  })
    .split('\n')
    .filter(Boolean);

test('what no name keeps goes', () => {
  assert.deepEqual(doomed('20260401T000000Z-0001'), ['app-begun', 'app-new', 'app-old']);
  assert.deepEqual(doomed(''), ['app-begun', 'app-new', 'app-old']);
});

test('what was applied after the names were made stays: they know nothing of it', () => {
  assert.deepEqual(doomed('20260201T000000Z-0001'), ['app-begun', 'app-old']);
});
