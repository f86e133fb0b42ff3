/** Releases of every kind, one after another, while all kinds of clients use the app. */
import assert from 'node:assert/strict';
import { waitFor } from '../../harness/on-host.ts';
import { assertNothingToDo, type Failure } from '../../harness/stack.ts';
import { cutUp } from '../../load/cut.ts';
import { assertUnharmed, defaults, quick, type Shop } from './shop.ts';

/** Room for requests that take 5 s. */
const patient = { drain: '8s', start: '20s', watch: '1s' };

/** What `up` says of each release that does not come up. */
const failures: Record<Failure, RegExp> = {
  exit: /3700 on \w{8} exited with status 1; .*\n.*cannot go on: no database/s,
  error:
    /3700 on \w{8} was not healthy within 6 s: it answered 500, not 200, to http:\/\/127.0.0.1:3700\/health \(Host: [^)]*\)/,
  hang: /3700 on \w{8} was not healthy within 6 s: it gave no answer to http:\/\/127.0.0.1:3700\/health /,
  'wrong-port': /it did not listen on 127\.0\.0\.1:3700, but on 127\.0\.0\.1:4700/,
  memory: /3700 on \w{8} was ended by signal 6; .*\n.*heap out of memory/s,
  late: /3700 on \w{8} answered 500, not 200, to http:\/\/127.0.0.1:3700\/health \([^)]*\) after it had been in service; .*\n.*lost the database/s,
  second: /3701 on \w{8} exited with status 1; .*\n.*another one has the lock/s,
};

/** Settings with which a failure shows soon. */
const settings = (failure: Failure): object => ({
  rollout: { ...patient, start: '6s' },
  // In place of the kernel, which does not enforce MemoryMax in every container.
  ...(failure === 'memory' && { nodeArgs: ['--max-old-space-size=48'] }),
});

/** The first release ever: nothing to go back to, and no clean-up by hand before the next. */
export async function firstReleases(shop: Shop): Promise<void> {
  shop.configure('first', 'exit');
  await shop.fail(
    'first release, which exits',
    /exited with status 1; there is nothing to go back to, shop@3700\.service is stopped/,
  );
  const left = await shop.host.exec(
    'systemctl show -p ActiveState --value shop@3700 shop.target; systemctl is-enabled shop.target || :',
  );
  assert.deepEqual(left.split('\n').filter(Boolean), ['inactive', 'inactive', 'disabled']);
  shop.configure('one');
  await shop.succeed('first good release');
  await assertNothingToDo(shop.stack);
}

/** A release that fails: told why, never on a second instance, everything as before. */
export async function badRelease(shop: Shop, failure: Failure, app: object = {}): Promise<void> {
  const before = await shop.instances();
  shop.configure(`bad-${failure}`, failure, { app: { ...settings(failure), ...app } });
  await shop.fail(`release that fails: ${failure}`, failures[failure]);
  const after = await shop.instances();
  assert.deepEqual(
    after.map(({ release }) => release),
    before.map(({ release }) => release),
    failure,
  );
  assert.equal(after[1]?.pid, before[1]?.pid, `${failure}: the second instance was moved`);
}

/** It works on the first instance, is in service there, and goes back from there as well. */
async function secondFails(shop: Shop): Promise<void> {
  const before = await shop.instances();
  shop.configure('bad-second', 'second', { app: { rollout: quick } });
  await shop.fail('release that fails on the second instance', failures.second);
  const after = await shop.instances();
  assert.deepEqual(
    after.map(({ release }) => release),
    before.map(({ release }) => release),
  );
  assert.match(await shop.log(), /rollout shop 3700 back on \w{8} in/);
}

/** The command line and the connection die in the middle; the next `up` finds what goes on. */
async function cutConnection(shop: Shop): Promise<void> {
  shop.configure('cut', undefined, { app: { rollout: patient } });
  const logged = (await shop.log()).length;
  await cutUp(shop.stack, 'shop');
  assert.match(
    await shop.host.exec('cat /var/lib/keelson/rollouts/shop/holder'),
    /^run \S+, process \d+, since 20/,
  );
  await shop.succeed('up after the connection of another was cut');
  const [first, second] = await shop.instances();
  assert.equal(first?.release, second?.release);
  const moves = (await shop.log())
    .slice(logged)
    .split('\n')
    .filter((line) => / rollout shop 370\d .* → current in /.test(line));
  assert.equal(moves.length, 2, `each instance is moved once:\n${moves.join('\n')}`);
}

/** Nobody is there any more to be told that it failed; it goes back all the same. */
async function cutBadRelease(shop: Shop): Promise<void> {
  const before = await shop.instances();
  shop.configure('cut-exit', 'exit', { app: { rollout: patient } });
  await cutUp(shop.stack, 'shop');
  await waitFor(shop.host, '! systemctl is-active --quiet keelson-rollout-shop');
  const after = await shop.instances();
  assert.equal(after[0]?.release, before[0]?.release);
  assert.deepEqual(after[1], before[1]);
}

/** Those that come up, or nearly so; of the others no client sees anything. */
const seenByClients: readonly Failure[] = ['exit', 'late'];

export async function underLoad(shop: Shop): Promise<void> {
  const judgement = await shop.under({ rate: 100, connections: 20 }, async () => {
    shop.configure('two', undefined, { app: { rollout: patient } });
    await shop.succeed('good release');
    for (const failure of seenByClients) await badRelease(shop, failure);
    await cutBadRelease(shop);
    await cutConnection(shop);
  });
  assertUnharmed(judgement);
  const releases = Object.keys(judgement.releases).length;
  assert.ok(releases >= 3, `requests were answered by ${releases} releases`);
  await assertNothingToDo(shop.stack);
}

/** Without load; `npm run bench -- rollout` has all of them under load. */
export async function otherFailures(shop: Shop): Promise<void> {
  for (const failure of Object.keys(failures) as Failure[])
    if (failure !== 'second' && !seenByClients.includes(failure))
      await badRelease(shop, failure, { rollout: quick });
}

/** With requests that are over soon, so that four drains do not take half a minute. */
export async function secondInstance(shop: Shop): Promise<void> {
  assertUnharmed(
    await shop.under({ kinds: ['POST, fresh', 'PUT', 'upload'] }, () => secondFails(shop)),
  );
}

/** What failed is forgotten: starting an instance again does not make it the one to go back to. */
export async function failedIsForgotten(shop: Shop): Promise<void> {
  shop.configure('cut');
  const good = shop.config;
  await badRelease(shop, 'exit', { rollout: quick });
  await shop.host.exec('systemctl stop shop@3701.service');
  shop.stack.configure({ apps: { shop: good } });
  await shop.succeed('an instance that was stopped');
  await badRelease(shop, 'exit', { rollout: quick, env: { ...defaults.env, NEW: 'yes' } });
}
