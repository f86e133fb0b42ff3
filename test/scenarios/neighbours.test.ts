/** One app's failure is its own: the others on the host get theirs in the same run, and the run says so at its end. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { ask } from '../harness/http.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, type Failure, release } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { visit } from '../load/visitors.ts';

test('an app that fails beside others', async (t: TestContext) => {
  const { host, stack } = await provisionedHost(t, { cpus: 2 });
  const { server, apps } = config(codeOf(stack)) as {
    server: object;
    apps: { shop: object };
  };
  const app = (name: string, port: number, mark: string, failure?: Failure) => ({
    ...{ source: release(stack, `${mark}${failure ?? ''}`, failure), start: 'server.js' },
    ...{ health: '/health', env: { GREETING: mark }, domains: [`${name}.example.com`], port },
    ...{ instances: 2, memory: '300M' },
    rollout: { drain: '2s', start: '10s', watch: '0s', answers: 1 },
  });
  const { instances: _, ...socket } = app('live', 4300, 'later');
  const all = (more: object) => ({
    // The first by name: nothing of the others can have come before it.
    bad: app('bad', 4500, 'bad', 'exit'),
    shop: { ...apps.shop, bodySize: '20M' },
    live: { ...socket, listen: 'socket' },
    fresh: app('fresh', 4400, 'fresh'),
    ...more,
  });
  const log = () => host.exec('cat /var/log/keelson.log');

  await inOrder(t, [
    [
      'beside those that are there',
      async () => {
        stack.configure({ server, apps: { shop: apps.shop, live: app('live', 4300, 'earlier') } });
        const run = await stack.up();
        assert.match(said(run), /rollout live 4301 stopped → current/);
      },
    ],
    [
      'it holds back no site of another, whose visitors see one release after another',
      async () => {
        const before = (await log()).length;
        stack.configure({ server, apps: all({}) });
        const live = visit(host, 'live.example.com');
        const shop = visit(host, 'shop.example.com');
        const run = await stack.try('up');
        const [seen, stayed] = await Promise.all([live.leave(), shop.leave()]);
        t.diagnostic(JSON.stringify([seen, stayed]));
        assert.notEqual(run.code, 0);
        assert.match(
          said(run),
          /rollout bad: 4500 on \w{8} exited with status 1; there is nothing/,
        );
        assert.match(said(run), /held back, since rollout-bad failed/);
        await host.exec('grep -q "client_max_body_size 20M" /etc/nginx/keelson.d/shop.conf');
        await host.exec('! test -e /etc/nginx/keelson.d/bad.conf');
        const fresh = await ask(host, '/', { domain: 'fresh.example.com' });
        assert.deepEqual([fresh.status, /fresh from/.test(fresh.body)], [200, true]);
        assert.deepEqual(stayed.failed, []);
        assert.deepEqual(seen.failed, []);
        // Then the new one alone.
        const after = visit(host, 'live.example.com');
        await new Promise((done) => setTimeout(done, 2000));
        assert.deepEqual(Object.keys((await after.leave()).by), ['later']);
        await host.exec('! systemctl is-active live@4301');
        // Nothing of another came between a rollout and its site.
        const manifests = (await log())
          .slice(before)
          .split('\n')
          .map((line) => line.split(' ')[2] ?? '')
          .filter((name) => /^(rollout|site)-/.test(name));
        const order = manifests.filter((name, index) => name !== manifests[index - 1]);
        for (const name of ['live', 'fresh'])
          assert.equal(order[order.indexOf(`rollout-${name}`) + 1], `site-${name}`, `${order}`);
      },
    ],
    [
      'what is told at the end is told with --continue-on-error too, and a preview still has it',
      async () => {
        stack.configure({ server, apps: all({ shop: { ...apps.shop, bodySize: '30M' } }) });
        assert.match(said(await stack.preview()), /rollout-bad/);
        const run = await stack.try('up', ['--continue-on-error']);
        assert.notEqual(run.code, 0);
        assert.match(said(run), /rollout bad: 450\d on \w{8} exited with status 1/);
        await host.exec('grep -q "client_max_body_size 30M" /etc/nginx/keelson.d/shop.conf');
      },
    ],
    [
      'once it works, everything is there, and nothing is left to do',
      async () => {
        stack.configure({ server, apps: all({ bad: app('bad', 4500, 'good') }) });
        await stack.up();
        assert.equal((await ask(host, '/', { domain: 'bad.example.com' })).status, 200);
        await assertNothingToDo(stack);
      },
    ],
  ]);
});
