import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { appTypes, typeOf } from '../../../components/app/components.ts';
import { mailer, shop } from '../shop.ts';

test('each type is found by its name', () => {
  for (const [name, type] of Object.entries(appTypes)) assert.equal(type.name, name);
  assert.equal(typeOf(shop()).name, 'web');
  assert.equal(typeOf(mailer()).name, 'worker');
});

test('each component has a file of its name, a test of its name, and a type that has it', () => {
  // What components share, and what is made of all of them.
  const without = ['app', 'component', 'components', 'members', 'packing'];
  const files = readdirSync(new URL('../../../components/app/', import.meta.url))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replace('.ts', ''))
    .filter((name) => !without.includes(name));
  const all = Object.values(appTypes).flatMap(({ components }) =>
    components.map(({ name }): string => name),
  );
  assert.deepEqual(files.sort(), [...new Set(all)].sort());
  const tests = readdirSync(new URL('.', import.meta.url));
  for (const name of files) assert.ok(tests.includes(`${name}.test.ts`), name);
});
