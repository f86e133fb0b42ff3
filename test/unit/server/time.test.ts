import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../../components/host/facts.ts';
import { time } from '../../../components/server/time.ts';
import { items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const render = (ntp: unknown, facts: Partial<Facts> = {}) =>
  items(time.render?.(web1(ntp === undefined ? {} : { ntp }), { facts: { ...trixie, ...facts } }));

test('systemd-timesyncd keeps the clock, by Debian’s servers', () =>
  assert.deepEqual(names(render(undefined)), [
    'package systemd-timesyncd',
    'unit systemd-timesyncd.service',
  ]));

test('servers of one’s own', () =>
  assert.deepEqual(
    lines(
      textOf(render(['a.example', '10.0.0.1']), '/etc/systemd/timesyncd.conf.d/60-keelson.conf'),
    ),
    ['[Time]', 'NTP=a.example 10.0.0.1'],
  ));

test('a chrony that is there is not taken away, and gets the servers', () => {
  const all = render(['a.example'], { clock: 'chrony' });
  assert.deepEqual(lines(textOf(all, '/etc/chrony/sources.d/keelson.sources')), [
    'server a.example iburst',
  ]);
  assert.ok(!names(all).some((name) => name.startsWith('package ')));
});

test('an ntpd is left alone, and servers for it are refused', () => {
  assert.deepEqual(render(undefined, { clock: 'ntpd' }), []);
  assert.throws(
    () => render(['a.example'], { clock: 'ntpd' }),
    /^Error: ntp: the clock is kept by ntpd there, .*take ntp out/,
  );
});

test('the clock of a container is the machine’s', () =>
  assert.deepEqual(render(['a.example'], { container: 'yes' }), []));

test('switched off there is nothing of it', () => assert.deepEqual(render(false), []));
