import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logs } from '../../../components/app/logs.ts';
import { logrotate, rotations } from '../../../components/server/logrotate.ts';
import { nginx } from '../../../components/server/nginx.ts';
import { find, items, lines, names, shop, textOf, trixie, web1 } from '../shop.ts';

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
  const { stated: _, ...kept } = rotations(3);
  assert.deepEqual(kept, { days: 3, count: 72 });
});

test('a failed logrotate is seen, and nothing else of Debian’s unit', () => {
  assert.deepEqual(find(all, 'unit', 'logrotate.service').state, { failed: 'no' });
});

test('no log of the kit’s leaves to /etc/logrotate.conf what decides whether it is rotated', () => {
  const { content = '' } = find(all, 'file', '/etc/logrotate.d/keelson');
  const app = find(
    items(logs.render?.(shop({ logs: { to: 'files' } }), {} as never)),
    'file',
    '/etc/keelson/logrotate.d/shop.conf',
  );
  const sites = find(
    items(nginx.render?.(web1(), { facts: trixie })),
    'file',
    '/etc/logrotate.d/nginx',
  );
  for (const text of [content, app.content ?? '', sites.content ?? ''])
    for (const option of [
      ...[
        'nodateext',
        'noolddir',
        'nomail',
        'compress',
        'delaycompress',
        'missingok',
        'notifempty',
      ],
      ...['nocopy', 'norenamecopy', 'noshred', 'minage 0', 'minsize 0', 'start 1', 'su root root'],
      ...['rotate \\d+', 'maxage \\d+', 'maxsize \\w+', '(no)?copytruncate', 'daily|monthly'],
    ])
      assert.match(text, new RegExp(`^\\t(${option})$`, 'm'), option);
});
