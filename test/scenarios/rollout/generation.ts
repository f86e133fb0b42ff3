/** What belongs to a release beside its code, what starts a rollout, and the way back on purpose. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../../tools/lib/pulumi.ts';
import { assertNothingToDo } from '../../harness/stack.ts';
import { env, type Instance, quick, type Shop } from './shop.ts';

/** Unit file and environment on the host, and those that each instance was started with. */
const generation = (shop: Shop): Promise<string> =>
  shop.host.exec(`sha256sum /etc/keelson/shop/environment /etc/systemd/system/shop@.service
for port in 3700 3701; do
  pid=$(systemctl show -p MainPID --value shop@$port.service)
  tr '\\0' '\\n' </proc/$pid/environ | grep -E '^(KEELSON_|GREETING=)' | sort
done`);

/** An old release with a new environment is something that nobody has ever tried. */
export async function wholeGeneration(shop: Shop): Promise<void> {
  const [before, instances] = [await generation(shop), await shop.instances()];
  const changes = { env: { ...env, GREETING: 'Good morning' }, memory: '400M', tasks: 200 };
  const limited = { ...changes, nodeArgs: ['--max-old-space-size=48'] };
  shop.configure('bad-all', 'memory', { app: limited });
  const run = await shop.fail('bad release with another unit and environment', /ended by signal 6/);
  assert.equal(await generation(shop), before);
  assert.deepEqual((await shop.instances())[1], instances[1]);
  assert.match(await shop.log(), /file \/etc\/keelson\/shop\/environment: put back/);
  assert.match(await shop.log(), /file \/etc\/systemd\/system\/shop@\.service: put back/);
  assert.ok(run.failed.length > 0);

  shop.configure('good-all', undefined, { app: changes });
  await shop.succeed('good release with another unit and environment');
  assert.equal((await generation(shop)).match(/^GREETING=Good morning$/gm)?.length, 2);
  await assertNothingToDo(shop.stack);
}

const pids = (instances: Instance[]): number[] => instances.map(({ pid }) => pid);

/** Both instances run the same release as before, in other processes. */
async function moves(shop: Shop, what: string): Promise<void> {
  const before = await shop.instances();
  await shop.succeed(what);
  const after = await shop.instances();
  assert.deepEqual(
    after.map(({ release }) => release),
    before.map(({ release }) => release),
    what,
  );
  for (const pid of pids(after)) assert.ok(!pids(before).includes(pid), `${what}: no rollout`);
}

export async function whatStartsOne(shop: Shop): Promise<void> {
  await shop.stack.setSecret('shop.TOKEN', 'a secret');
  await moves(shop, 'another secret alone');
  shop.stack.configure({ apps: { shop: { ...shop.config, tasks: 222 } } });
  await moves(shop, 'another unit alone');

  const before = await shop.instances();
  shop.stack.configure({
    apps: {
      shop: {
        ...shop.config,
        ...{ tasks: 222, health: '/whoami', keep: 4, bodySize: '12M', timeout: '50s', gzip: false },
        rollout: { ...quick, drain: '2s', start: '7s', watch: '1s', answers: 2, batch: 1 },
      },
    },
    server: { monit: { interval: '20s' } },
  });
  await shop.succeed('settings of rollouts, health checks, nginx and Monit');
  assert.deepEqual(await shop.instances(), before);
}

/** The release is gone back to with the very line that the page about rollouts gives. */
export async function rollBack(shop: Shop): Promise<void> {
  const [older] = await shop.releases();
  assert.ok(older);
  shop.configure('newer');
  await shop.succeed('the release after it');
  assert.ok(!(await shop.releases()).includes(older));

  const page = readFileSync(join(root, 'docs/rollout.md'), 'utf8');
  const line = /^ {4}pulumi (config set .* keelson:apps\.shop\.release) \w+ && pulumi up$/m.exec(
    page,
  );
  assert.ok(line?.[1], 'docs/rollout.md has no such line');
  const hash = older.slice(0, 7);
  await shop.stack.pulumi([...line[1].split(' '), hash, '--stack', shop.stack.name]);
  await shop.succeed('rollback by one line');
  assert.deepEqual(await shop.releases(), [older, older]);
  assert.deepEqual(written(shop), { ...shop.config, release: hash });
  const { apps } = (await shop.stack.outputs()) as Outputs;
  assert.match(apps['server/shop'] ?? '', new RegExp(`^release ${older.slice(0, 8)} `));
}

type Outputs = { apps: Record<string, string> };

/** The app as it stands in the stack file. */
const written = ({ stack }: Shop): object =>
  parse(readFileSync(stack.file, 'utf8')).config['keelson:apps'].shop;
