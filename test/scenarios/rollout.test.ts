import { type TestContext, test } from 'node:test';
import { batchesUnderLoad } from './rollout/batches.ts';
import { failingSocket, hooksOfOneRelease, staticFiles } from './rollout/changes.ts';
import { killed, twoAtOnce } from './rollout/ended.ts';
import { rollBack, whatStartsOne, wholeGeneration } from './rollout/generation.ts';
import { failingHooks, hooksAndCuts } from './rollout/hooks.ts';
import { failedIsForgotten, firstReleases, secondInstance, underLoad } from './rollout/loaded.ts';
import { type Shop, shopOn } from './rollout/shop.ts';
import { socketActivation } from './rollout/socket.ts';

const steps = (t: TestContext): [string, (shop: Shop) => Promise<void>][] => [
  ['the first release ever has nothing to go back to', firstReleases],
  ['releases under load cost no request, good or bad', underLoad],
  ['one that fails on the second instance leaves the first one as well', secondInstance],
  ['unit file and environment go back with the release', wholeGeneration],
  ['a secret and the unit start a rollout, other settings move nothing', whatStartsOne],
  ['other static files of the same release are served, and nothing moves', staticFiles],
  ['hooks run once, and what outlasts the drain is cut and told', hooksAndCuts],
  ['a hook that fails stops the release, or is told', failingHooks],
  ['a hook runs for no second time, and ends with its rollout', hooksOfOneRelease],
  ['one line goes back to a release that is kept', rollBack],
  ['a release that failed is forgotten', failedIsForgotten],
  ['a rollout that was killed while it drained', killed],
  ['two releases at once go one after another', twoAtOnce(t)],
  ['five instances move in batches, and Monit leaves them alone', batchesUnderLoad],
  ['a port comes back from a socket whose release failed', failingSocket],
  ['over a socket of systemd’s', socketActivation],
];

test('releases', { timeout: 1_200_000 }, async (t) => {
  const shop = await shopOn(t);
  for (const [title, step] of steps(t)) await t.test(title, () => step(shop));
});
