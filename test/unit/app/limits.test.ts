import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitLines } from '../../../components/app/limits.ts';
import { complaints, mailer, shop } from '../shop.ts';

const of = (limits: object) =>
  limitLines(shop({ limits })).map((it) => `${it.name} ${it.above} ${it.seconds} ${it.answer}`);

test('an app that says nothing has the limit of its memory alone', () => {
  assert.deepEqual(of({}), ['allowed 1024 0 restart']);
});

test('a limit is told as what is counted, for five minutes, with an alert, where nothing else is said', () => {
  assert.deepEqual(
    of({
      memory: { above: '800M', for: '0s', do: 'restart' },
      cpu: { above: '150%' },
      openFiles: { above: 500, do: 'reload' },
      responseTime: { above: '2s', for: '1m' },
      eventLoop: { above: '200ms', for: '1h' },
    }),
    [
      'allowed 1024 0 restart',
      'memory 800 0 restart',
      'cpu 150 300 alert',
      'openFiles 500 300 reload',
      'responseTime 2000 60 alert',
      'eventLoop 200 3600 alert',
    ],
  );
});

const wrong: [object, string][] = [
  [
    { memory: { above: '1G' } },
    'limits.memory.above is not below `memory`, at which the instance is killed; choose less',
  ],
  [
    { openFiles: { above: 65536 } },
    'limits.openFiles.above is not below `openFiles`, which the kernel holds it to; choose less',
  ],
  [
    { cpu: { above: '0.9' } },
    'limits.cpu.above is not a share of a core; write 90%, or 150% for one and a half',
  ],
  [
    { responseTime: { above: '5s' } },
    'limits.responseTime.above is not below `rollout.timeout`, for which an answer is waited; choose less',
  ],
  [{ eventLoop: { above: '0.2s' } }, 'limits.eventLoop.above is not a time; write 200ms or 2s'],
];

for (const [limits, said] of wrong)
  test(`${JSON.stringify(limits)} is refused`, () =>
    assert.deepEqual(complaints({ start: 'a.js', limits }), [said]));

test('an answer may take longer where more time is waited for it', () => {
  const limits = { responseTime: { above: '5s' } };
  assert.deepEqual(complaints({ start: 'a.js', limits, rollout: { timeout: '6s' } }), []);
});

test('nobody waits for an answer of a worker', () => {
  assert.deepEqual(mailer({ limits: { cpu: { above: '90%' } } }).limits.cpu?.for, 300);
  assert.throws(() => mailer({ limits: { responseTime: { above: '2s' } } }), /responseTime/);
});
