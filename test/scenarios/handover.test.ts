/** One app goes and another takes its place, in one run; and what a run says that fails on the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { ask } from '../harness/http.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

test('an app that takes the place of another', async (t) => {
  const { host, stack } = await provisionedHost(t);
  const { server, apps } = config(codeOf(stack)) as {
    server: object;
    apps: Record<string, { rollout?: object }>;
  };
  const running = async () => Object.keys((await stack.outputs()).apps as object);
  await inOrder(t, [
    [
      'and fails leaves it as it was: the run says why, and what still runs',
      async () => {
        await stack.pulumi([
          'config',
          'rm',
          '--path',
          'keelson:secrets.shop',
          '--stack',
          stack.name,
        ]);
        const rollout = { ...apps.shop?.rollout, start: '5s', status: 404 };
        const domains = ['store.example.com'];
        stack.configure({ server, apps: { store: { ...apps.shop, domains, rollout } } });
        assert.match(
          said(await stack.preview()),
          /takes ports 3700, 3701 from shop, which goes: the site of shop goes first \(shop\.example/,
        );
        const run = await stack.try('up');
        assert.notEqual(run.code, 0);
        assert.match(
          said(run),
          /it answered 200, not 404, to http:\/\/127.0.0.1:\d+\/ \(Host: [^,]*, X-Forwarded-Proto: https\); there is nothing to go back to, what gave way runs again: shop@3700\.service/,
        );
        assert.equal((await ask(host, '/', { domain: 'shop.example.com' })).status, 200);
        await host.exec('test -f /etc/monit/keelson.d/shop.conf; systemctl is-active shop@3701');
        assert.deepEqual(Object.keys(run.outputs.apps as object), ['server/shop']);
        assert.deepEqual(await running(), ['server/shop']);
      },
    ],
    [
      'is nginx’s default from the moment on in which the other no longer is',
      async () => {
        stack.configure({ server, apps: { store: { ...apps.shop, port: 4300 } } });
        const run = await stack.up();
        const told = said(run).split('\n');
        const gone = told.filter((line) => line === 'gone   file /etc/nginx/keelson.d/shop.conf');
        assert.equal(gone.length, 1, said(run));
        assert.equal(told.filter((line) => line === 'gone   user shop').length, 1, said(run));
        for (const domain of ['shop.example.com', 'nobody.example.com'])
          assert.equal((await ask(host, '/', { domain })).status, 200);
        await host.exec(
          '! ls /etc/nginx/keelson.d/shop* /etc/monit/keelson.d/shop* /srv/shop/current',
        );
        assert.deepEqual(await running(), ['server/store']);
        await assertNothingToDo(stack);
      },
    ],
  ]);
});
