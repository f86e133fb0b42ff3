/** A release whose operator goes away: the command line is killed, and the connection cut. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../harness/stack.ts';

/** Starts `up`, and ends it and its connections as soon as the rollout of an app goes on. */
export async function cutUp(stack: Stack, app: string): Promise<void> {
  const { child, ended } = stack.start('up');
  const [host] = stack.hosts;
  const goesOn = `systemctl is-active --quiet keelson-rollout-${app}`;
  let over = false;
  ended.then(() => {
    over = true;
  });
  while ((await host?.tryExec(goesOn))?.code !== 0) {
    if (over) throw new Error(`up ended before a rollout of ${app} began`);
    await sleep(50);
  }
  child.kill('SIGKILL');
  await host?.exec('pkill -KILL -f "^sshd(-session)?: root"');
  await ended;
  await stack.unlock();
}
