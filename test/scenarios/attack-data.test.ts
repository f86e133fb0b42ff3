/** A hostile app against what is read, mended and left of its data. */
import { test } from 'node:test';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { Attempts } from './attack/attempts.ts';
import { deploy, steps } from './attack/data.ts';

for (const release of triedOn('trixie'))
  test(`a hostile app’s data on ${release}`, { timeout: 1_200_000 }, async (t) => {
    const target = await provisionedHost(t, { release, cpus: 2 });
    await deploy(target);
    const attempts = new Attempts();
    // One that gets through hides no other.
    for (const [title, attack] of steps(target, attempts)) await t.test(title, attack);
    attempts.tell(t);
  });
