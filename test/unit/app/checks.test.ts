import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../../components/app/checks.ts';
import { find, items, lines, shop, textOf } from '../shop.ts';

const path = '/etc/monit/keelson.d/shop.conf';
const wanted = (given: object = {}, instances = [3700]) =>
  items(checks.render?.(shop(given), { instances }));

const asked = '/etc/monit/keelson.d/shop.health';

test('an instance is asked what a rollout asks it, and is given as much time to start', () => {
  const rollout = { status: 204, text: 'a.b+c', start: '10m' };
  const all = wanted({ health: '/health?deep=1', rollout });
  assert.deepEqual(lines(textOf(all, path)), [
    'check program shop-3700 with path "/etc/monit/keelson.d/watch shop 3700 shop-3700 600 15" with timeout 60 seconds',
    'if status = 2 then alert',
    'if status = 1 for 3 cycles',
    'then exec "/etc/monit/keelson.d/restart shop@3700.service 600" repeat every 1 cycles',
  ]);
  assert.equal(textOf(all, asked), 'shop.example.com\n/health?deep=1\n204\n5\na.b+c\n');
  assert.equal(find(all, 'file', asked).state.mode, '0600');
});

test('an instance whose answer may be any is asked for its status alone', () => {
  const text = textOf(wanted({ domains: ['default'], rollout: { start: '2s' } }), asked);
  assert.equal(text, 'localhost\n/\n200\n2\n\n');
});

test('each check in the file is watched for, so that one that gave up is drift', () => {
  const all = wanted({}, [3700, 3701]);
  const inFile = [...textOf(all, path).matchAll(/^check program (\S+)/gm)].map(([, name]) => name);
  const watched = all.filter(({ kind }) => kind === 'monitor').map(({ name }) => name);
  assert.deepEqual(inFile, ['shop-3700', 'shop-3701']);
  assert.deepEqual(watched, inFile);
});

test('the file is root’s alone, and Monit reads it before it takes effect', () => {
  const { state, instructions } = find(wanted(), 'file', path);
  assert.deepEqual([state.owner, state.mode], ['root', '0600']);
  assert.deepEqual(instructions, { '@check': 'monit' });
});
