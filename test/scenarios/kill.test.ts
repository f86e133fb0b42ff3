import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interruptions } from '../chaos/interruptions.ts';
import { kill } from '../chaos/kill.ts';

// Each way once; `npm run chaos -- kill` goes on for as long as one likes.
test('an up that is cut short leaves nothing half-done, and the next one converges', async () => {
  const said: string[] = [];
  const faults = await kill({ rounds: interruptions.length, seed: 20261121 }, (line) =>
    said.push(line),
  );
  assert.deepEqual(faults, [], said.join('\n'));
});
