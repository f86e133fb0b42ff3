/** Reading the state while the engine, here a mock, writes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engine } from './engine.ts';

const urn = 'urn:pulumi:test::keelson::keelson:index:Host::web1';

/** Each with a memory of its own. */
const fresh = (name: string): Promise<typeof import('../../components/pulumi/state.ts')> =>
  import(`../../components/pulumi/state.ts?${name}`);

test('a checkpoint that is just being written is read again', async () => {
  const troubles = ['failed to load checkpoint: EOF', 'failed to load checkpoint: unexpected EOF'];
  await engine({ troubles, state: { [urn]: { memory: {}, apps: { shop: 1 } } } });
  const { lastOf } = await fresh('written');
  assert.deepEqual((await lastOf('web1')).apps, { shop: 1 });
  assert.deepEqual(troubles, []);
});

test('one that stays so, and any other trouble, is told', async () => {
  await engine({ troubles: Array.from({ length: 12 }, () => 'failed to load checkpoint: EOF') });
  await assert.rejects((await fresh('gone')).lastOf('web1'), /failed to load checkpoint: EOF/);
  await engine({ troubles: ['no such stack'], state: { [urn]: { memory: {} } } });
  await assert.rejects((await fresh('other')).lastOf('web1'), /no such stack/);
});
