import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filter } from '../../../components/server/filter.ts';
import { items, trixie } from '../shop.ts';

test('the filter is a table, what loads it at each boot, and the live rules', () => {
  const all = items(filter.render?.({}, { facts: trixie }));
  const unit = all.find(({ kind }) => kind === 'unit');
  assert.deepEqual(
    [unit?.name, unit?.state.enabled, unit?.instructions?.['@change']],
    ['keelson-filter.service', 'enabled', 'reload'],
  );
  assert.deepEqual(all.at(-1), {
    ...{ kind: 'ruleset', name: 'keelson', state: { rules: 'loaded' } },
  });
});

test('what belongs to apps lies in a directory of its own, watched as a whole', () => {
  const all = items(filter.render?.({}, { facts: trixie }));
  const folder = all.find(({ name }) => name === '/etc/keelson/filter.d');
  assert.equal(folder?.instructions?.['@whole'], 'yes');
});
