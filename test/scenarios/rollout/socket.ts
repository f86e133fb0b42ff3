/** One instance whose port systemd holds: connections wait, through a release that ends as well. */
import assert from 'node:assert/strict';
import type { Failure } from '../../harness/stack.ts';
import type { Judgement } from '../../load/judge.ts';
import { assertUnharmed, quick, type Shop } from './shop.ts';

const app = { listen: 'socket', instances: 1, rollout: { ...quick, start: '3s', answers: 3 } };

const load = { kinds: ['POST, keep-alive', 'POST, fresh'] as const };

async function badRelease(shop: Shop, failure: Failure, message: RegExp): Promise<Judgement> {
  const [before] = await shop.instances(1);
  shop.configure(`socket-${failure}`, failure, { app });
  const judgement = await shop.under(load, async () => {
    await shop.fail(`a release that fails over the socket: ${failure}`, message);
  });
  const [after] = await shop.instances(1);
  assert.equal(after?.release, before?.release);
  return judgement;
}

export async function socketActivation(shop: Shop): Promise<void> {
  shop.configure('socket', undefined, { app });
  await shop.succeed('one instance with a socket of systemd’s');
  const good = await shop.under(load, async () => {
    shop.configure('socket-two', undefined, { app });
    await shop.succeed('a good release, over the socket');
  });
  assertUnharmed(good);
  assertUnharmed(await badRelease(shop, 'exit', /exited with status 1/));
  // There is no other instance: what these take from the queue gets no better answer from them.
  for (const failure of ['error', 'hang'] as const) {
    const { lost, doubled } = await badRelease(shop, failure, /was not healthy within 3 s/);
    assert.deepEqual({ lost, doubled }, { lost: 0, doubled: 0 });
  }
}
