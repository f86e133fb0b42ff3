import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aptPackage, setting } from '../../../components/host/kinds.ts';
import { identity } from '../../../components/server/identity.ts';
import { bookworm, trixie, web1 } from '../shop.ts';

const render = (given: object, facts = trixie) => identity.render?.(web1(given), { facts }).base;

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

test('an old name of a time zone brings the package that Debian 13 keeps it in', () => {
  const legacy = aptPackage('tzdata-legacy');
  for (const timezone of ['US/Eastern', 'Asia/Calcutta', 'Europe/Kiev', 'Japan', 'EST5EDT'])
    assert.deepEqual(render({ timezone }), [
      ...[aptPackage('tzdata'), setting('timezone', timezone)],
      legacy,
    ]);
  for (const timezone of ['Asia/Kolkata', 'Etc/GMT+5', 'UTC', 'America/Argentina/Buenos_Aires'])
    assert.deepEqual(render({ timezone }), [aptPackage('tzdata'), setting('timezone', timezone)]);
  assert.ok(!JSON.stringify(render({ timezone: 'US/Eastern' }, bookworm)).includes('legacy'));
});
