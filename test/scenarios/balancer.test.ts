/** Two servers behind a real HAProxy: each leaves it while its instances move, and no request fails. Runs alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { checks, haproxy } from '../harness/haproxy.ts';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { does, waitFor } from '../harness/on-host.ts';
import { copiedHost } from '../harness/provisioned.ts';
import { assertNothingToDo, type Failure, release, testStack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { judge, table } from '../load/judge.ts';
import { startLoad } from '../load/load.ts';
import { assertUnharmed, env } from './rollout/shop.ts';

/** This machine as a host sees it, through which HAProxy's requests come to it as well. */
const outside = ({ address }: DebianHost): string => address.replace(/\.2$/, '.1');

/** Requests and WebSockets of up to five seconds come to their end. */
const rollout = { drain: '8s', start: '8s', watch: '0s', answers: 1 };

/** Each of two servers leaves once, and never while the other one is out. */
const inTurn = ['h1 DOWN', 'h1 UP', 'h2 DOWN', 'h2 UP'];

test('a release moves over two servers behind a load balancer', { timeout: 600_000 }, async (t) => {
  const [balancer, one, two] = await Promise.all([
    haproxy(t),
    copiedHost(t, { cpus: 1 }),
    copiedHost(t, { cpus: 1 }),
  ]);
  const hosts = [one, two];
  const stack = await testStack(t, hosts, {});

  /** Configures and begins a release of so many instances on each server. */
  const configure = (mark: string, instances: number, failure?: Failure) => {
    const nginx = (host: DebianHost) => ({
      nginx: { balancers: [outside(host)], balancerChecks: checks },
    });
    const shop = {
      ...{ source: release(stack, mark, failure), start: 'server.js', instances, rollout, env },
      // Clients ask by HAProxy's address, and HAProxy for health by that of the server.
      ...{ domains: [balancer.host.address], health: '/health', uploads: { '/files': 'uploads' } },
    };
    stack.configure({ apps: { shop }, servers: { h1: nginx(one), h2: nginx(two) } });
  };

  const record = async (): Promise<string> =>
    (await Promise.all(hosts.map((host) => host.exec(`cat ${env.UPLOADS}/record.txt`)))).join('');

  /** Runs `up` while clients of all kinds use the app through HAProxy; none of them may notice. */
  const underLoad = async (action: () => Promise<void>) => {
    await balancer.changes();
    const load = await startLoad({
      ...{ url: balancer.url, rate: 40, connections: 8 },
      kinds: ['POST, keep-alive', 'POST, fresh', 'PUT', 'GET, 5 s', 'WebSocket', 'events'],
    });
    try {
      await action();
      const figures = await load.stop();
      t.diagnostic(`load for ${figures.seconds.toFixed(0)} s\n${table(figures)}`);
      assertUnharmed(judge(figures, await record()));
      // Three clients, each for three seconds at a time; a release that fails is over soon.
      assert.ok((figures.tallies.WebSocket?.answered ?? 0) >= 3);
    } finally {
      load.kill();
    }
  };

  /** What runs on each server. */
  const releases = () =>
    Promise.all(hosts.map(async (host) => await host.exec('readlink /srv/shop/current')));

  await inOrder(t, [
    [
      'first releases leave nothing',
      async () => {
        configure('one', 1);
        await stack.up();
        await balancer.start(hosts);
        await assertNothingToDo(stack);
      },
    ],
    [
      'client addresses are those that HAProxy tells',
      async () => {
        const headers = { 'x-forwarded-for': '203.0.113.7' };
        const { body } = await ask(balancer.host, '/headers', { headers });
        assert.equal(JSON.parse(body)['x-forwarded-for'], outside(balancer.host));
      },
    ],
    [
      'who is no load balancer is not told of health',
      async () => {
        const asked = await one.exec(
          "curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1/keelson-health/shop",
        );
        assert.equal(asked, '404');
      },
    ],
    [
      'one instance on each server: no request fails',
      async () => {
        configure('two', 1);
        const preview = await stack.preview();
        assert.match(
          said(preview),
          /shop leaves its load balancers while it moves: 4 s more before the first instance, 4 s after the last/,
        );
        await underLoad(async () => {
          const run = await stack.up();
          assert.match(said(run), /shop: left its load balancers, which took 4 s to notice/);
          assert.doesNotMatch(said(run), /no load balancer has asked/);
        });
        assert.deepEqual(await balancer.changes(), inTurn);
        await assertNothingToDo(stack);
      },
    ],
    [
      'one that fails comes back, and the other server stays',
      async () => {
        const before = await releases();
        configure('bad', 1, 'exit');
        await underLoad(async () => {
          const run = await stack.try('up');
          assert.notEqual(run.code, 0);
          assert.match(said(run), /exited with status 1; all instances are on/);
        });
        assert.deepEqual((await balancer.changes()).slice(0, 1), ['h1 DOWN']);
        await balancer.isUp(2);
        assert.deepEqual(await releases(), before);
        assert.equal(await does(one, 'ls /run/keelson-leaving.*'), false);
      },
    ],
    [
      'two instances on each server: no request fails either',
      async () => {
        configure('two', 2);
        await stack.up();
        configure('three', 2);
        await underLoad(async () => {
          await stack.up();
        });
        assert.deepEqual(await balancer.changes(), inTurn);
        await assertNothingToDo(stack);
      },
    ],
    [
      'a rollout that is ended puts its server back',
      async () => {
        configure('four', 1);
        const { ended } = stack.start('up');
        const unit = 'keelson-rollout-shop';
        await waitFor(one, `systemctl is-active --quiet ${unit} && ls /run/keelson-leaving.shop`);
        await one.exec(`systemctl kill --signal=KILL ${unit}`);
        await ended;
        assert.equal(await does(one, 'ls /run/keelson-leaving.*'), false);
        await balancer.isUp(2);
      },
    ],
  ]);
});
