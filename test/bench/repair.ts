/** Damage on every host of a stack, repaired by one `up`. */
import assert from 'node:assert/strict';
import type { Stack } from '../harness/stack.ts';
import { timed } from './stopwatch.ts';

const site = '/etc/nginx/keelson.d/hello.conf';
const damage = `chmod 0666 ${site}; echo '# damaged' >>/etc/nginx/nginx.conf; systemctl stop nginx`;
const look = `stat -c %a ${site}; systemctl is-active nginx; grep -c damaged /etc/nginx/nginx.conf || :`;

const onEach = (stack: Stack, command: string): Promise<string[]> =>
  Promise.all(stack.hosts.map((host) => host.exec(command)));

/** A wrong mode, a changed file and a stopped service on each host. */
export const repair = {
  damage: async (stack: Stack): Promise<void> => void (await onEach(stack, damage)),
  assertDone: async (stack: Stack): Promise<void> => {
    for (const after of await onEach(stack, look))
      assert.equal(after, '644\nactive\n0\n', 'the damage was not repaired');
  },
};

/** Times the repair of each. */
export async function repairs(runs: number, stack: Stack): Promise<number[]> {
  const times: number[] = [];
  for (let run = 1; run <= runs; run++) {
    await repair.damage(stack);
    times.push(await timed(() => stack.up()));
    await repair.assertDone(stack);
  }
  return times;
}
