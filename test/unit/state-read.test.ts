/** Reading the state while the engine, here a mock, writes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installer } from '../../components/pulumi/install.ts';
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

test('of the helper that is remembered which its command has, and no other', async () => {
  const headers = {
    helper: { run: 'r5', lines: [] },
    base: { run: 'r5', lines: [] },
  };
  const known = async (stdin?: string) => {
    const command = `${urn.replace(/::web1$/, '')}$command:remote:Command::web1-helper`;
    const more = stdin === undefined ? {} : { [command]: { stdin } };
    await engine({ state: { [urn]: { memory: { headers }, apps: { shop: 1 } }, ...more } });
    const { memory, apps } = await (await fresh(`helper ${stdin}`)).lastOf('web1');
    assert.deepEqual(apps, { shop: 1 });
    return Object.keys(memory?.headers ?? {}).sort();
  };
  assert.deepEqual(await known(installer('r5', '')), ['base', 'helper']);
  assert.deepEqual(await known(), ['base', 'helper']);
  for (const other of ['r4', 'r55']) assert.deepEqual(await known(installer(other, '')), ['base']);
});

test('one that stays so, and any other trouble, is told', async () => {
  await engine({ troubles: Array.from({ length: 12 }, () => 'failed to load checkpoint: EOF') });
  await assert.rejects((await fresh('gone')).lastOf('web1'), /failed to load checkpoint: EOF/);
  await engine({ troubles: ['no such stack'], state: { [urn]: { memory: {} } } });
  await assert.rejects((await fresh('other')).lastOf('web1'), /no such stack/);
});
