import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type Run, said } from '../../tools/engine.ts';
import { type SandboxHost, testHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import {
  assertNothingToDo,
  type Failure,
  release,
  type Stack,
  testStack,
} from '../harness/stack.ts';
import { judge, table } from '../load/judge.ts';
import { startLoad } from '../load/load.ts';

const app = (source: string, more: object = {}) => ({
  source,
  start: 'server.js',
  domains: ['default'],
  health: '/health',
  uploads: { '/files': 'uploads' },
  env: { UPLOADS: '/srv/shop/uploads' },
  instances: 2,
  memory: '300M',
  rollout: { drain: '8s', start: '20s', watch: '1s' },
  ...more,
});

/** What `up` says of each release that does not come up. */
const failures: Record<Failure, RegExp> = {
  exit: /4190 on \w{8} exited with status 1; .*\n.*cannot go on: no database/s,
  error: /4190 on \w{8} was not healthy within 10 s: it answered 500, not 200, to \/health/,
  hang: /4190 on \w{8} was not healthy within 10 s: it gave no answer to \/health/,
  'wrong-port': /it did not listen on 127\.0\.0\.1:4190, but on 127\.0\.0\.1:5190/,
  // On a machine that is slow it has not eaten enough when its time is over.
  memory:
    /4190 on \w{8} (was ended by signal 9|used more memory than it may|was not healthy within 10 s)/,
};

/** A hook that notes which one it is, as whom it runs and whether it has the app's environment. */
const hook = `import { appendFileSync } from 'node:fs';
const [, , name] = process.argv;
appendFileSync('/srv/shop/uploads/hooks.txt', \`\${name} \${process.getuid()} \${process.env.TOKEN}\\n\`);
`;

class Shop {
  readonly stack: Stack;
  readonly host: SandboxHost;
  config: object = {};
  readonly #t: TestContext;

  constructor(t: TestContext, stack: Stack, host: SandboxHost) {
    this.stack = stack;
    this.host = host;
    this.#t = t;
  }

  configure(mark: string, failure?: Failure, more: object = {}): void {
    const settings = failure ? { rollout: { drain: '8s', start: '10s' } } : {};
    this.config = app(release(this.stack, mark, failure), { ...settings, ...more });
    this.stack.configure({ apps: { shop: this.config } });
  }

  /** Runs `up` and tells how long it took. */
  async up(what: string): Promise<Run> {
    const began = performance.now();
    const run = await this.stack.try('up');
    this.#t.diagnostic(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return run;
  }

  async succeed(what: string): Promise<Run> {
    const run = await this.up(what);
    assert.equal(run.code, 0, `${what}:\n${said(run)}`);
    return run;
  }

  /** The release that each instance runs, and its process. */
  async instances(): Promise<{ release: string; pid: number }[]> {
    const ask = (port: number) => `curl -sS http://127.0.0.1:${port}/whoami`;
    const answers = await this.host.exec(`${ask(4190)}; ${ask(4191)}`);
    return answers
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  log(): Promise<string> {
    return this.host.exec('cat /var/log/keelson.log');
  }
}

async function shopOn(t: TestContext): Promise<Shop> {
  const host = await testHost(t, { cpus: 2 });
  const stack = await testStack(t, host, {});
  return new Shop(t, stack, host);
}

/** The first release ever: nothing to go back to, and no clean-up by hand before the next. */
async function firstReleases(shop: Shop): Promise<void> {
  shop.configure('first', 'exit');
  const run = await shop.up('first release, which exits');
  assert.notEqual(run.code, 0);
  assert.match(
    said(run),
    /exited with status 1; there is nothing to go back to, shop@4190\.service is left/,
  );
  // systemd tries it a few times more, and then leaves it as failed.
  const left = await shop.host.exec('systemctl show -p ActiveState --value shop@4190');
  assert.match(left, /^(failed|activating|active)$/m);
  shop.configure('one');
  await shop.succeed('first good release');
  await assertNothingToDo(shop.stack);
}

/** A release that fails: told why, never on a second instance, everything as before. */
async function badRelease(shop: Shop, failure: Failure): Promise<void> {
  const before = await shop.instances();
  shop.configure(`bad-${failure}`, failure);
  const run = await shop.up(`release that fails: ${failure}`);
  assert.notEqual(run.code, 0, failure);
  assert.match(said(run), failures[failure]);
  const after = await shop.instances();
  assert.deepEqual(
    after.map((it) => it.release),
    before.map((it) => it.release),
    failure,
  );
  assert.equal(after[1]?.pid, before[1]?.pid, `${failure}: the second instance was moved`);
}

/** The command line and the connection die in the middle; the next `up` finds what goes on. */
async function cutConnection(shop: Shop): Promise<void> {
  shop.configure('cut');
  const { child, ended } = shop.stack.start('up');
  await until(shop.host, 'systemctl is-active --quiet keelson-rollout-shop');
  child.kill('SIGKILL');
  await shop.host.exec('pkill -KILL -f "^sshd(-session)?: root"');
  await ended;
  await shop.stack.unlock();
  assert.match(
    await shop.host.exec('cat /var/lib/keelson/rollouts/shop/holder'),
    /^run \S+, process \d+, since 20/,
  );
  await shop.succeed('up after the connection of another was cut');
  const [first, second] = await shop.instances();
  assert.equal(first?.release, second?.release);
  const moves = (await shop.log())
    .split('\n')
    .filter((line) => line.includes(`→ ${first?.release.slice(0, 8)} in `));
  assert.equal(moves.length, 2, `each instance is moved once:\n${moves.join('\n')}`);
}

async function until(host: SandboxHost, condition: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if ((await host.tryExec(condition)).code === 0) return;
    await sleep(100);
  }
  assert.fail(`never became true: ${condition}`);
}

async function rollBack(shop: Shop, to: string): Promise<void> {
  shop.stack.configure({ apps: { shop: { ...shop.config, release: to } } });
  await shop.succeed('rollback by one setting');
  assert.deepEqual(await shop.instances().then((all) => all.map((it) => it.release)), [to, to]);
}

test('releases under load cost no request, good or bad', { timeout: 1_200_000 }, async (t) => {
  const shop = await shopOn(t);
  await firstReleases(shop);
  const [one] = await shop.instances();
  const load = await startLoad({ url: `http://${shop.host.address}`, rate: 100, connections: 20 });
  t.after(load.kill);
  shop.configure('two');
  await shop.succeed('good release');
  for (const failure of Object.keys(failures) as Failure[]) await badRelease(shop, failure);
  await shop.stack.setSecret('shop.TOKEN', 'a secret');
  await cutConnection(shop);
  await rollBack(shop, one?.release ?? '');
  const figures = await load.stop();
  const verdict = judge(figures, await shop.host.exec('cat /srv/shop/uploads/record.txt'));
  t.diagnostic(`load for ${figures.seconds.toFixed(0)} s\n${table(figures)}`);
  t.diagnostic(JSON.stringify(verdict));
  const { sent, answered, failed, lost, doubled } = verdict;
  assert.deepEqual(
    { answered, failed, lost, doubled },
    { answered: sent, failed: 0, lost: 0, doubled: 0 },
  );
  assert.ok(
    Object.keys(verdict.releases).length >= 3,
    'requests were answered by at least three releases',
  );
  await assertNothingToDo(shop.stack);
  await besides(shop);
  await socketActivation(shop);
});

/** What is cut is told; hooks run once; a change of nginx alone moves nothing. */
async function besides(shop: Shop): Promise<void> {
  const before = await shop.instances();
  shop.configure('one', undefined, { bodySize: '11M' });
  await shop.succeed('a change of nginx alone');
  assert.deepEqual(await shop.instances(), before);

  const socket = new WebSocket(`ws://${shop.host.address}/echo`);
  await new Promise((resolve) => socket.once('open', resolve));
  const hooks = { before: ['node', 'hook.js', 'before'], after: ['node', 'hook.js', 'after'] };
  shop.configure('hooked', undefined, { rollout: { drain: '1s', ...hooks } });
  writeFileSync(join(shop.stack.directory, 'releases/hooked/hook.js'), hook);
  await shop.succeed('a release with hooks and an open WebSocket');
  assert.equal((await shop.log()).match(/1 connection cut after 1 s/g)?.length, 1);
  const uid = (await shop.host.exec('id --user shop')).trim();
  assert.equal(
    await shop.host.exec('cat /srv/shop/uploads/hooks.txt'),
    `before ${uid} a secret\nafter ${uid} a secret\n`,
  );
  assert.equal((await ask(shop.host, '/health')).status, 200);

  // What failed is forgotten: starting an instance again does not make it the one to go back to.
  const good = shop.config;
  await badRelease(shop, 'exit');
  await shop.host.exec('systemctl stop shop@4191.service');
  shop.stack.configure({ apps: { shop: good } });
  await shop.succeed('an instance that was stopped');
  await badRelease(shop, 'error');
}

/** One instance whose port systemd holds: connections wait, through a release that fails as well. */
async function socketActivation(shop: Shop): Promise<void> {
  const socket = { listen: 'socket', instances: 1 };
  shop.configure('socket', undefined, socket);
  await shop.succeed('one instance with a socket of systemd’s');
  let running = true;
  const statuses: number[] = [];
  const client = async () => {
    while (running) {
      const url = `http://${shop.host.address}/whoami`;
      statuses.push((await fetch(url, { signal: AbortSignal.timeout(60_000) })).status);
      await sleep(50);
    }
  };
  const clients = [client(), client(), client()];
  shop.configure('socket-two', undefined, socket);
  await shop.succeed('a good release, over the socket');
  shop.configure('socket-exit', 'exit', socket);
  assert.match(
    said(await shop.up('a release that exits, over the socket')),
    /exited with status 1/,
  );
  running = false;
  await Promise.all(clients);
  assert.ok(statuses.length > 100, `${statuses.length} requests`);
  assert.deepEqual([...new Set(statuses)], [200]);
}
