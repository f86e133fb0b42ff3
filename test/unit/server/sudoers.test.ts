import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sudoers } from '../../../components/server/sudoers.ts';
import { find, items, lines, names, trixie, web1 } from '../shop.ts';

const all = items(sudoers.render?.(web1(), { facts: trixie }));

test('what apps let deploy users do is included from a directory of the kit’s own', () => {
  assert.ok(names(all).includes('package sudo'));
  const include = find(all, 'file', '/etc/sudoers.d/keelson');
  assert.deepEqual(lines(include.content ?? ''), [
    '@includedir /etc/keelson/sudoers.d',
    'Defaults!/usr/local/sbin/keelson !log_input, !log_output',
  ]);
  assert.equal(include.state.mode, '0440');
  assert.deepEqual(include.instructions, { '@check': 'sudoers' });
});

test('nothing else may lie in that directory', () => {
  const { state, instructions } = find(all, 'directory', '/etc/keelson/sudoers.d');
  assert.deepEqual(state, { owner: 'root', group: 'root', mode: '0750' });
  assert.deepEqual(instructions, { '@whole': 'yes' });
});
