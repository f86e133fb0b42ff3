/** What a hostile client gets from nginx, what an app finds where everybody may write, and what a taken-over nginx may do. */
import { test } from 'node:test';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { assertNothingToDo } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { Attempts } from './attack/attempts.ts';
import { steps } from './attack/web.ts';

for (const release of triedOn('trixie'))
  test(`attacks by way of nginx, ${release}`, { timeout: 900_000 }, async (t) => {
    const target = await provisionedHost(t, { release, cpus: 2 });
    const attempts = new Attempts();
    await inOrder(t, steps(target, attempts));
    attempts.tell(t);
    attempts.end();
    await assertNothingToDo(target.stack);
  });
