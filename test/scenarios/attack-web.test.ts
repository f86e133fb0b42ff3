/** What a hostile client gets from nginx, what an app finds where everybody may write, and what a taken-over nginx may do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { provisionedHost } from '../harness/provisioned.ts';
import { assertNothingToDo } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { type Count, steps } from './attack/web.ts';

for (const release of ['bookworm', 'trixie'] as const)
  test(`attacks by way of nginx, ${release}`, { timeout: 900_000 }, async (t) => {
    const target = await provisionedHost(t, { release, cpus: 2 });
    const count: Count = { tried: 0, through: [] };
    await inOrder(t, steps(target, count));
    t.diagnostic(`${count.tried} attempts, ${count.through.length} got through`);
    assert.deepEqual(count.through, []);
    await assertNothingToDo(target.stack);
  });
