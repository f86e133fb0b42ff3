import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../../components/app/checks.ts';
import { find, items, lines, shop, textOf } from '../shop.ts';

const path = '/etc/monit/keelson.d/shop.conf';
const wanted = (given: object = {}, instances = [4190]) =>
  items(checks.render?.(shop(given), { instances }));

test('an instance is asked what a rollout asks it, and is given as much time to start', () => {
  const rollout = { status: 204, text: 'a.b+c', start: '10m' };
  assert.deepEqual(lines(textOf(wanted({ health: '/health?deep=1', rollout }), path)), [
    'check host shop-4190 with address 127.0.0.1',
    'if failed port 4190 protocol http request "/health?deep=1" status = 204',
    'with http headers [Host: shop.example.com] content = "a[.]b[+]c"',
    'with timeout 5 seconds for 3 cycles',
    'then exec "/etc/monit/keelson.d/restart shop@4190.service 600" repeat every 1 cycles',
  ]);
});

test('an instance whose answer may be any is asked for its status alone', () => {
  const text = textOf(wanted({ domains: ['default'], rollout: { start: '2s' } }), path);
  assert.match(text, /request "\/" status = 200\n\s+with http headers \[Host: localhost\]\n/);
  assert.match(text, /with timeout 2 seconds/);
});

test('each check in the file is watched for, so that one that gave up is drift', () => {
  const all = wanted({}, [4190, 4191]);
  const inFile = [...textOf(all, path).matchAll(/^check host (\S+)/gm)].map(([, name]) => name);
  const watched = all.filter(({ kind }) => kind === 'monitor').map(({ name }) => name);
  assert.deepEqual(inFile, ['shop-4190', 'shop-4191']);
  assert.deepEqual(watched, inFile);
});

test('the file is root’s alone, and Monit reads it before it takes effect', () => {
  const { state, instructions } = find(wanted(), 'file', path);
  assert.deepEqual([state.owner, state.mode], ['root', '0600']);
  assert.deepEqual(instructions, { '@check': 'monit' });
});
