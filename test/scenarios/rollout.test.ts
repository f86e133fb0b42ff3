/** Releases without load: what starts one, what goes back with it, hooks, and what becomes of it when it is cut short. */
import { test } from 'node:test';
import { inOrder } from '../harness/steps.ts';
import { hooksOfOneRelease, staticFiles } from './rollout/changes.ts';
import { killed, twoAtOnce } from './rollout/ended.ts';
import { rollBack, whatStartsOne, wholeGeneration } from './rollout/generation.ts';
import { failingHooks, hooksAndCuts } from './rollout/hooks.ts';
import { failedIsForgotten, otherFailures } from './rollout/loaded.ts';
import { shopOnCopy } from './rollout/shop.ts';

test('releases', { timeout: 1_200_000 }, async (t) => {
  const shop = await shopOnCopy(t);
  await inOrder(t, [
    ['unit file and environment go back with the release', () => wholeGeneration(shop)],
    ['a secret and the unit start a rollout, others move nothing', () => whatStartsOne(shop)],
    ['other static files of the release are served, and nothing moves', () => staticFiles(shop)],
    ['hooks run once, and what outlasts the drain is cut and told', () => hooksAndCuts(shop)],
    ['a hook that fails stops the release, or is told', () => failingHooks(shop)],
    ['a hook runs for no second time, and ends with its rollout', () => hooksOfOneRelease(shop)],
    ['one line goes back to a release that is kept', () => rollBack(shop)],
    ['a release that does not come up is told why, and goes back', () => otherFailures(shop)],
    ['a release that failed is forgotten', () => failedIsForgotten(shop)],
    ['a rollout that was killed while it drained', () => killed(shop)],
    ['two releases at once go one after another', () => twoAtOnce(t)(shop)],
  ]);
});
