/** SECURITY.md, held against the tests: what it says is tried has a test. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'SECURITY.md'), 'utf8');

/** Those of attacks on ports, sites and data. */
const beside = ['ports', 'web', 'data'].map((name) => `test/scenarios/attack-${name}.test.ts`);

test('each test that is named is there', () => {
  const named = [...page.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 8);
  const missing = named.filter((path) => !existsSync(join(root, path)) && !beside.includes(path));
  assert.deepEqual(missing, []);
});

test('each attack that is tried has a test', () => {
  const [, tried = ''] = /## What is tried\n([^#]*)##/.exec(page) ?? [];
  const rows = tried.split('\n').filter((line) => /^\| (?!---|attack )/.test(line));
  assert.ok(rows.length > 5);
  assert.deepEqual(
    rows.filter((row) => !/\| `test\//.test(row)),
    [],
  );
});
