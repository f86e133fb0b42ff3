import assert from 'node:assert/strict';
import { test } from 'node:test';
import { damage, isPerfect, summary } from '../chaos/damage.ts';

// A few rounds of what `npm run chaos` runs for as long as one likes.
for (const [release, seed] of [
  ['trixie', 20261121],
  ['bookworm', 20261122],
] as const)
  test(`damage of ${release} is named, repaired exactly, and forgotten`, async (t) => {
    const said: string[] = [];
    const score = await damage({ rounds: 5, seed, release }, (line) => said.push(line));
    t.diagnostic(summary(score));
    assert.ok(score.mutations > 0);
    assert.ok(isPerfect(score), said.join('\n'));
  });
