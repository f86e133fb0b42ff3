import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allScenarios, alone, longest, nameOf, scenarios } from '../../tools/lib/scenarios.ts';

test('the longest scenarios begin first, and those under load run alone', () => {
  const all = ['fleet', 'preview', 'kill', 'rollout-load'].map((name) => `${name}.test.ts`);
  assert.deepEqual(scenarios([], all), {
    together: ['kill.test.ts', 'fleet.test.ts', 'preview.test.ts'],
    alone: ['rollout-load.test.ts'],
    unknown: [],
  });
});

test('a word that is in no name is told, though another one is', () => {
  const { together, unknown } = scenarios(['kill', 'drift'], ['kill.test.ts', 'fleet.test.ts']);
  assert.deepEqual([together, unknown], [['kill.test.ts'], ['drift']]);
});

test('what is said of scenarios is said of some that exist', () => {
  const names = allScenarios().map(nameOf);
  assert.deepEqual(
    [...alone, ...longest].filter((name) => !names.includes(name)),
    [],
  );
});
