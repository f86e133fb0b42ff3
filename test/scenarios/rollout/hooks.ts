/** The commands of an app that run once for each rollout, and what is cut and told. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { env, openEvents, quick, type Shop } from './shop.ts';

/** Notes which one it is, as whom it runs and whether it has the app's environment. */
const hook = `import { appendFileSync } from 'node:fs';
const [, , name] = process.argv;
if (name === 'fail') {
  console.error('no such table: orders');
  process.exit(4);
}
appendFileSync('${env.UPLOADS}/hooks.txt', \`\${name} \${process.getuid()} \${process.env.TOKEN}\\n\`);
`;

function configure(shop: Shop, mark: string, rollout: object, app: object = {}): void {
  shop.configure(mark, undefined, { app: { rollout: { ...quick, ...rollout }, ...app } });
  writeFileSync(join(shop.stack.directory, 'releases', mark, 'hook.js'), hook);
}

/** Hooks run once, as the app; requests that outlast the drain are cut, and `up` says how many. */
export async function hooksAndCuts(shop: Shop): Promise<void> {
  const socket = new WebSocket(`ws://${shop.host.address}/echo`);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const { ended } = await openEvents(shop.host.address);
  const hooks = { before: ['node', 'hook.js', 'before'], after: ['node', 'hook.js', 'after'] };
  configure(shop, 'hooked', hooks);
  const run = await shop.succeed('a release with hooks, an open WebSocket and open events');
  const told = run.steps.map(({ outputs }) => outputs.stdout ?? '').join('\n');
  const cut = [...told.matchAll(/ (\d+) connections? cut after 1 s/g)].map(([, count]) => count);
  assert.equal(
    cut.reduce((sum, count) => sum + Number(count), 0),
    2,
    told,
  );
  assert.equal(await closed, 1001);
  assert.match(await ended, /^data: /);
  const uid = (await shop.host.exec('id --user shop')).trim();
  assert.equal(
    await shop.host.exec(`cat ${env.UPLOADS}/hooks.txt`),
    `before ${uid} a secret\nafter ${uid} a secret\n`,
  );
}

export async function failingHooks(shop: Shop): Promise<void> {
  const before = await shop.instances();
  configure(shop, 'migration', { before: ['node', 'hook.js', 'fail'] });
  await shop.fail(
    'a hook before that fails',
    /the hook "before" failed: node hook\.js fail; no instance was moved\n.*no such table: orders/s,
  );
  assert.deepEqual(await shop.instances(), before);

  configure(shop, 'migration', { after: ['sleep', '60'], hookTimeout: '1s' });
  await shop.fail(
    'a hook after that takes too long',
    /the hook "after" failed: sleep 60; all instances are on \w{8} nevertheless/,
  );
  const after = await shop.instances();
  assert.notEqual(after[0]?.release, before[0]?.release);
  assert.equal(after[1]?.release, after[0]?.release);
  await shop.succeed('up after the hook that failed');
  assert.deepEqual(await shop.instances(), after);
}
