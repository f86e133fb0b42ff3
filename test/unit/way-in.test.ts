/** Coming in anew after what can shut us out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeIn } from '../../components/pulumi/way-in.ts';

const trouble = 'server web1 (root@192.0.2.1:22): cannot be reached: timeout';

/** Tries to come in where the first attempts fail. */
async function tried(failures: number, seconds = 90) {
  const warned: string[] = [];
  let attempts = 0;
  const enter = async () => {
    attempts += 1;
    if (attempts <= failures) throw new Error(trouble);
  };
  const warn = (line: string) => void warned.push(line);
  await comeIn({ manifest: 'access', seconds, enter, warn, pause: 1 });
  return { warned, attempts };
}

test('who comes in at once is told nothing, and waits for nothing', async () => {
  assert.deepEqual(await tried(0), { warned: [], attempts: 1 });
});

test('who does not is told once why, and what becomes of it, and tries on', async () => {
  const { warned, attempts } = await tried(3);
  assert.equal(attempts, 4);
  assert.deepEqual(warned, [
    `${trouble}\nthat is since access was changed there, which goes back by itself after 90 s unless a new connection comes in; this run tries until then`,
  ]);
});

test('a host that stays shut for longer is named, with why and what to do', async () => {
  await assert.rejects(tried(9, -100), {
    message: `${trouble}\naccess was changed there before, and should have gone back by itself after -100 s; look at /var/log/keelson.log over its console, and run up again`,
  });
});
