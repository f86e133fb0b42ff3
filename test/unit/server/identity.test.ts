import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aptPackage, setting } from '../../../components/host/kinds.ts';
import { identity } from '../../../components/server/identity.ts';
import { trixie, web1 } from '../shop.ts';

const render = (given: object) => identity.render?.(web1(given), { facts: trixie }).base;

test('host name and time zone are left alone unless given', () => {
  assert.deepEqual(render({}), []);
});

test('a host resolves its own name, and knows its time zone', () => {
  assert.deepEqual(render({ hostname: 'web1.example.com' }), [
    aptPackage('libnss-myhostname'),
    setting('hostname', 'web1.example.com'),
  ]);
  assert.deepEqual(render({ timezone: 'Europe/Berlin' }), [
    aptPackage('tzdata'),
    setting('timezone', 'Europe/Berlin'),
  ]);
});

test('a time zone that does not exist is refused', () => {
  assert.throws(() => web1({ timezone: 'Europe/Atlantis' }), /does not exist; see `timedatectl/);
  assert.throws(() => web1({ timezone: '../etc' }), /is not a time zone; write one such as/);
});
