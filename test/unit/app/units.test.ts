import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appTypes } from '../../../components/app/components.ts';
import { units } from '../../../components/app/units.ts';

const app = (name: string, also: object = {}, type = 'web') => ({ name, type, also });
const worker = { type: 'worker', instances: 2 };
const job = { type: 'job' };
const conflicts = (...apps: ReturnType<typeof app>[]): string[] =>
  units.conflicts?.(apps as never, { secrets: {} }) ?? [];

test('apps of all types are looked at, since all have units, or end those that were there', () => {
  for (const { name, components } of Object.values(appTypes))
    assert.ok((components as readonly unknown[]).includes(units), name);
});

test('two that would have units of one name are refused, and both are named', () => {
  for (const type of ['web', 'tcp', 'static'])
    assert.deepEqual(conflicts(app('shop', { mail: worker }), app('shop-mail', {}, type)), [
      'apps.shop-mail: its units are called shop-mail@, as those of the member mail of shop are; rename one of them',
    ]);
  assert.deepEqual(conflicts(app('shop-clean', {}, 'job'), app('shop', { clean: job })), [
    'apps.shop.also.clean: its units are called shop-clean.service, as those of the app shop-clean are; rename one of them',
  ]);
  assert.deepEqual(conflicts(app('shop', { 'a-b': worker }), app('shop-a', { b: worker })), [
    'apps.shop-a.also.b: its units are called shop-a-b@, as those of the member a-b of shop are; rename one of them',
  ]);
  assert.deepEqual(conflicts(app('shop', { mail: worker }), app('post'), app('store-mail')), []);
});

test('a name by which Debian calls units of its own is refused', () => {
  assert.deepEqual(conflicts(app('serial', { getty: worker })), [
    'apps.serial.also.getty: its units would be called serial-getty@, a name that Debian uses itself; choose another',
  ]);
  assert.deepEqual(conflicts(app('certbot', {}, 'job')), [
    'apps.certbot: its units would be called certbot.service, a name that Debian uses itself; choose another',
  ]);
  assert.deepEqual(conflicts(app('rc', { local: job })), [
    'apps.rc.also.local: its units would be called rc-local.service, a name that Debian uses itself; choose another',
  ]);
  // Beside rc-local.service there is room for rc-local@.
  assert.deepEqual(conflicts(app('rc', { local: worker }), app('certbot')), []);
});
