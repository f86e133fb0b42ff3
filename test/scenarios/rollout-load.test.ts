/** Releases while all kinds of clients use the app: none of their requests may fail. Runs alone. */
import { test } from 'node:test';
import { inOrder } from '../harness/steps.ts';
import { batchesUnderLoad } from './rollout/batches.ts';
import { failingSocket } from './rollout/changes.ts';
import { firstReleases, secondInstance, underLoad } from './rollout/loaded.ts';
import { shopOn } from './rollout/shop.ts';
import { socketActivation } from './rollout/socket.ts';

test('releases under load', { timeout: 1_200_000 }, async (t) => {
  const shop = await shopOn(t);
  await inOrder(t, [
    ['the first release ever has nothing to go back to', () => firstReleases(shop)],
    ['releases cost no request, good or bad', () => underLoad(shop)],
    ['one that fails on the second instance leaves the first as well', () => secondInstance(shop)],
    ['five instances move in batches, and Monit leaves them alone', () => batchesUnderLoad(shop)],
    ['a port comes back from a socket whose release failed', () => failingSocket(shop)],
    ['over a socket of systemd’s', () => socketActivation(shop)],
  ]);
});
