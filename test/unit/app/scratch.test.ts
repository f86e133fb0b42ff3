import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratch } from '../../../components/app/scratch.ts';
import { service } from '../../../components/app/service.ts';
import { context, find, items, lines, names, shop, textOf, trixie, web1 } from '../shop.ts';

const all = (given: object) => items(scratch.render?.(shop(given), {} as never));

test('what it holds is made by each start; the way there is root’s, and goes with the app', () => {
  const items = all({ scratch: ['.next/pages', 'made'] });
  assert.deepEqual(names(items), ['directory /srv/shop/.scratch']);
  const { state, instructions } = find(items, 'directory', '/srv/shop/.scratch');
  assert.deepEqual(state, { owner: 'root', group: 'shop', mode: '2750' });
  assert.deepEqual(instructions, { '@remove': 'last' });
  assert.deepEqual(all({}), []);
});

test('hooks have it as well', () => {
  const app = shop({ scratch: ['made'] });
  const hook = textOf(
    items(service.render?.(app, context(app, { facts: trixie }))),
    '/etc/keelson/shop/hook.service',
  );
  assert.ok(lines(hook).includes('ExecStartPre=-+/usr/local/sbin/keelson scratch shop made'));
});

test('one path in another, or in a linked one, is told', () => {
  const told = (app: object) => scratch.conflicts?.([shop(app)], { server: web1(), secrets: {} });
  assert.deepEqual(told({ scratch: ['a/b', 'ab', 'a'] }), [
    'apps.shop.scratch.2: "a" overlaps with "a/b" of apps.shop.scratch.0; keep one of them',
  ]);
  assert.deepEqual(told({ linked: ['.next/cache', '.next'], scratch: ['.next/pages'] }), [
    'apps.shop.scratch.0: ".next/pages" overlaps with ".next" of apps.shop.linked.1; keep one of them',
  ]);
  assert.deepEqual(told({ linked: ['a'], scratch: ['b'] }), []);
});
