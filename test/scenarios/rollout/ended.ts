/** Rollouts that meet another one, or an end of their own in the middle. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { said } from '../../../tools/lib/pulumi-run.ts';
import { waitFor } from '../../harness/on-host.ts';
import { release, testStack } from '../../harness/stack.ts';
import { defaults, openEvents, quick, type Shop } from './shop.ts';

const place = '/var/lib/keelson/rollouts/shop';

/** Struck down while it drains: nothing has stopped yet, and nothing does. */
export async function killed(shop: Shop): Promise<void> {
  const before = await shop.instances();
  shop.configure('killed', undefined, { app: { rollout: { ...quick, drain: '1m' } } });
  // One on each instance.
  const events = [await openEvents(shop.host.address), await openEvents(shop.host.address)];
  let ended = 0;
  for (const event of events) event.ended.finally(() => ended++).catch(() => undefined);
  const running = shop.stack.start('up');
  await waitFor(shop.host, `test -e ${place}/moving && nft list table inet keelson_drain_shop`);
  await shop.host.exec('systemctl kill --signal=KILL keelson-rollout-shop.service');
  const run = await running.ended;
  assert.notEqual(run.code, 0);
  assert.match(said(run), /rollout shop was ended from outside; run up again/);
  assert.deepEqual(await shop.instances(), before);
  assert.equal(ended, 0, 'what was open was cut');
  for (const { leave } of events) leave();
  assert.deepEqual(
    await shop.host
      .tryExec(`ls ${place}/moving; nft list tables | grep keelson_`)
      .then((it) => it.stdout),
    '',
  );
  await shop.succeed('up after a rollout that was killed');
  const [first, second] = await shop.instances();
  assert.notEqual(first?.release, before[0]?.release);
  assert.equal(second?.release, first?.release);
}

/** Two operators with a state and a release each: one rollout waits for the other. */
export const twoAtOnce =
  (t: TestContext) =>
  async (shop: Shop): Promise<void> => {
    const other = await testStack(t, shop.host, {});
    other.configure({ apps: { shop: { ...defaults, source: release(other, 'theirs') } } });
    await other.setSecret('shop.TOKEN', 'a secret');
    shop.configure('ours');
    const runs = await Promise.all([shop.up('one of two at once'), other.try('up')]);
    for (const run of runs) assert.equal(run.code, 0, said(run));
    const [first, second] = await shop.releases();
    assert.equal(first, second);
    await shop.succeed('up after two at once');
    const [mine, too] = await shop.releases();
    assert.equal(mine, too);
  };
