import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { between } from '../bench/markdown.ts';
import { straightLine } from '../bench/scale.ts';
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

test('a straight line goes on from what was measured', () => {
  const line = straightLine([1, 10, 50].map((x) => ({ x, y: 3 + 2 * x })));
  assert.deepEqual([100, 1000].map(line), [203, 2003]);
});

test('docs/performance.md and docs/scale.md have a place for each table', () => {
  const pages = { performance: ['machine', 'one host', 'many hosts'], scale: ['machine', 'scale'] };
  for (const [name, tables] of Object.entries(pages)) {
    let page = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
    for (const table of tables) page = between(page, table, '| $& |');
    assert.equal(page.split('| $& |').length, tables.length + 1);
    assert.throws(() => between(page, 'nothing', ''), /has no <!-- bench: nothing -->/);
  }
});
