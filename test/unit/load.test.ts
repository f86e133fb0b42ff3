/** What the tests of rollouts conclude from a load. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared, judge } from '../load/judge.ts';

const tally = { sent: 3, answered: 2, failed: { 'status 502': 1 }, slowest: 12.4 };
const figures = { seconds: 1, tallies: { PUT: tally, events: tally }, recorded: ['a', 'b', 'c'] };

test('what was answered and not done is lost, what was done twice is doubled', () => {
  const record = 'a one 4190\nb one 4191\nb two 4190\nd two 4190\n';
  assert.deepEqual(judge(figures, record), {
    ...{ sent: 6, answered: 4, failed: 2, lost: 1, doubled: 1 },
    releases: { one: 2, two: 2 },
  });
});

test('two loads stand beside each other, kind by kind', () => {
  const other = { seconds: 1, tallies: { PUT: { ...tally, failed: {} } }, recorded: [] };
  assert.deepEqual(
    compared({ A: figures, B: other }).map((line) => line.split(/ {2,}/)),
    [
      ['', 'A: sent', 'slowest', 'failed', 'B: sent', 'slowest', 'failed'],
      ['PUT', '3', '12 ms', '1 × status 502', '3', '12 ms', '0'],
      ['events', '3', '12 ms', '1 × status 502'],
      ['all', '6', '12 ms', '2 × status 502', '3', '12 ms', '0'],
    ],
  );
});
