import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { between } from '../bench/markdown.ts';
import { compare, median, multiple, names, table } from '../bench/stopwatch.ts';

test('a figure is a multiple of the empty program that ran beside it', () => {
  const figures = [
    { name: names.empty, milliseconds: [900, 1000, 1100] },
    { name: names.noop, milliseconds: [2000] },
    { name: names.repair, milliseconds: [4000, 2000], unit: 1500 },
  ];
  assert.deepEqual(
    [names.empty, names.noop, names.repair].map((name) => multiple(figures, name)),
    [1, 2, 2],
  );
  assert.match(
    table('', figures)[3] ?? '',
    /^up, damage repaired +3\.00 s +2\.00 × +2\.00 s to 4\.00 s$/,
  );
});

test('the middle of an even number of values is between two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('what comes before an action is done each time', async () => {
  const done: string[] = [];
  const act = (name: string) => async () => void done.push(name);
  await compare(2, { a: act('a'), b: act('b') }, { b: act('before b') });
  assert.deepEqual(done, ['a', 'before b', 'b', 'a', 'before b', 'b']);
});

test('docs/performance.md has a place for each table', () => {
  let page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  for (const name of ['machine', 'one host', 'many hosts']) page = between(page, name, '| $& |');
  assert.equal(page.split('| $& |').length, 4);
  assert.throws(() => between(page, 'nothing', ''), /has no <!-- bench: nothing -->/);
});
