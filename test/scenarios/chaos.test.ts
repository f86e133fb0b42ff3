import assert from 'node:assert/strict';
import { test } from 'node:test';
import { damage, isPerfect, summary } from '../chaos/damage.ts';
import { triedOn } from '../harness/releases.ts';

// A few rounds of what `npm run chaos` runs for as long as one likes.
const seeds = { trixie: 20261121, bookworm: 20261122 };

for (const release of triedOn('trixie'))
  test(`damage of ${release} is named, repaired exactly, and forgotten`, async (t) => {
    const said: string[] = [];
    const score = await damage({ rounds: 5, seed: seeds[release], release }, (line) =>
      said.push(line),
    );
    t.diagnostic(summary(score));
    assert.ok(score.mutations > 0);
    assert.ok(isPerfect(score), said.join('\n'));
  });
