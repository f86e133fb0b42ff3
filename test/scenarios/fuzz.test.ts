import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, summary } from '../fuzz/rounds.ts';

// A part of a minute of what `npm run fuzz` does for as long as one likes.
test('hostile values and archives arrive to the byte, or are refused where they stand', async (t) => {
  const score = await fuzz({ seconds: 20, seed: 20261128 });
  t.diagnostic(summary(score));
  assert.ok((score.taken.values ?? 0) > 0 && (score.taken.archives ?? 0) > 0);
  assert.deepEqual(score.faults, []);
});
