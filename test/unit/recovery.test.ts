import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failures } from '../recovery/passing.ts';
import { summary } from '../recovery/run.ts';

test('a release ends in one line, in the order of the scenes', () => {
  const passing = Object.keys(failures);
  assert.deepEqual(passing, ['killed', 'exited', 'terminated', 'hung', 'leaked']);
  const names = [...passing, 'crash loop', 'late database', 'rebooted'];
  const times = Object.fromEntries(names.map((name, index) => [name, index + 0.04]));
  assert.equal(
    summary('trixie', { times, lost: 3 }),
    'trixie: killed 0.0 s, exited 1.0 s, terminated 2.0 s, hung 3.0 s, leaked 4.0 s, crash loop 5.0 s, late database 6.0 s, rebooted 7.0 s; 3 requests lost',
  );
});
