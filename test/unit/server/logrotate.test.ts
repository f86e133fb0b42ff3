import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logrotate, rotations } from '../../../components/server/logrotate.ts';
import { find, items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const all = items(logrotate.render?.(web1(), { facts: trixie }));
const dropin = '/etc/systemd/system/logrotate.timer.d/keelson.conf';

test('logs are looked at each hour; the first, empty time takes Debian’s away', () => {
  assert.deepEqual(lines(textOf(all, dropin)), [
    '[Timer]',
    'OnCalendar=',
    'OnCalendar=hourly',
    'RandomizedDelaySec=0',
    'AccuracySec=1min',
  ]);
});

test('the timer is told of its drop-in by a restart', () => {
  const timer = find(all, 'unit', 'logrotate.timer');
  assert.deepEqual(timer.state, { enabled: 'enabled', active: 'active' });
  assert.deepEqual(timer.instructions, { '@change': 'restart' });
});

test('the kit’s own log is rotated, by a file that logrotate reads before it takes effect', () => {
  const own = find(all, 'file', '/etc/logrotate.d/keelson');
  assert.deepEqual(own.instructions, { '@check': 'logrotate' });
  assert.deepEqual(lines(own.content ?? '').slice(0, 4), [
    '/var/log/keelson.log {',
    'monthly',
    'maxsize 10M',
    'rotate 24',
  ]);
});

test('logrotate itself is a package, and keeps a log of each hour', () => {
  assert.ok(names(all).includes('package logrotate'));
  assert.deepEqual(rotations(3), { days: 3, count: 72 });
});
