import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schedule } from '../../../components/app/schedule.ts';
import { cleanup, find, items, jobComplaints, lines, textOf } from '../shop.ts';

const path = '/etc/systemd/system/cleanup.timer';
const timer = (given: object): string[] =>
  lines(textOf(items(schedule.render?.(cleanup(given), {} as never)), path)).slice(2);

test('a time of the calendar is kept to the second, and is not made up for', () => {
  assert.deepEqual(timer({}), [
    ...['[Timer]', 'OnCalendar=03:30', 'AccuracySec=1s'],
    ...['[Install]', 'WantedBy=timers.target'],
  ]);
});

test('several times, spread, and made up for after a boot', () => {
  const given = { at: ['Mon..Fri 08:00', 'Sat 10:00'], spread: '5m', catchUp: true };
  assert.deepEqual(timer(given).slice(1, -2), [
    ...['OnCalendar=Mon..Fri 08:00', 'OnCalendar=Sat 10:00', 'AccuracySec=1s'],
    ...['RandomizedDelaySec=300s', 'Persistent=yes'],
  ]);
});

test('an interval counts from begin to begin, and from boot to the first', () => {
  assert.deepEqual(timer({ at: undefined, every: '15m' }).slice(1, -2), [
    ...['OnUnitActiveSec=900s', 'OnActiveSec=900s', 'AccuracySec=1s'],
  ]);
});

test('the timer is started when the release is there, and anew when it says something else', () => {
  const { app = [], site = [] } = schedule.render?.(cleanup(), {} as never) ?? {};
  assert.deepEqual(find(app, 'file', path).instructions?.['@check'], 'systemd');
  assert.deepEqual(site, [
    {
      ...{ kind: 'unit', name: 'cleanup.timer' },
      state: { enabled: 'enabled', active: 'active', fragment: path, config: 'current' },
      instructions: { '@change': 'restart', '@config': path },
    },
  ]);
});

test('a job without a time has no timer', () => {
  assert.deepEqual(schedule.render?.(cleanup({ at: undefined }), {} as never), {});
});

const wrong: [string, object, string][] = [
  ['two ways at once', { at: 'daily', every: '1h' }, 'every is given beside at; keep one of them'],
  [
    ...['nothing to make up for', { every: '1h', catchUp: true }],
    'catchUp has no times that could be missed; give them as `at`, or leave it out',
  ],
  [
    ...['nothing to delay', { spread: '5m' }],
    'spread delays nothing; give `at` or `every`, or leave it out',
  ],
  ['no time at all', { at: [] }, 'at is empty; give a time, or leave it out'],
] as [string, object, string][];

for (const [title, given, message] of wrong)
  test(`refused: ${title}`, () => {
    assert.deepEqual(jobComplaints(given), [message]);
  });
