/** Bytes of an app's, of its host's and of its archives, against the operator, the host and the secrets. */
import { test } from 'node:test';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { inOrder } from '../harness/steps.ts';
import { Attempts } from './attack/attempts.ts';
import { steps } from './attack/words.ts';

for (const release of triedOn('bookworm'))
  test(`hostile words on ${release}`, { timeout: 1_200_000 }, async (t) => {
    const attempts = new Attempts();
    await inOrder(t, steps(await provisionedHost(t, { release, user: 'admin' }), attempts));
    attempts.tell(t);
  });
