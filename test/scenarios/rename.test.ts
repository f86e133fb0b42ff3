/** Apps that are renamed, or come where another goes: their visitors are answered all the time, and by the right one. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { assertNothingToDo, type Failure, release, type Stack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { type Visited, visit } from '../load/visitors.ts';

type More = { failure?: Failure; instances?: number };

/** An app that says its name. */
const app = (stack: Stack, name: string, domains: string[], port: number, more: More = {}) => ({
  ...{ source: release(stack, `${name}${more.failure ?? ''}`, more.failure), start: 'server.js' },
  ...{ health: '/health', env: { GREETING: name }, domains, port, memory: '300M' },
  ...{ instances: more.instances ?? 2, uploads: { '/files': 'uploads' } },
  rollout: { drain: '2s', start: '10s', watch: '0s', answers: 1 },
});

test('an app that takes the place of another', async (t: TestContext) => {
  const { host, stack } = await provisionedHost(t, { cpus: 2 });
  await stack.pulumi(['config', 'rm', '--path', 'keelson:secrets.shop', '--stack', stack.name]);
  const names = ['www.example.com', 'default'];

  /** Runs `up` with these apps while visitors ask for some domains. */
  const upWith = async (apps: Record<string, object>, ...domains: string[]) => {
    stack.configure({ apps });
    const visitors = domains.map((domain) => visit(host, domain));
    const run = await stack.try('up');
    const visited = await Promise.all(visitors.map(({ leave }) => leave()));
    t.diagnostic(`${Object.keys(apps)}: ${run.code}, ${JSON.stringify(visited)}`);
    return { run, visited: Object.fromEntries(domains.map((name, at) => [name, visited[at]])) };
  };
  const assertAnswered = (visited: Visited | undefined, ...by: string[]) =>
    assert.deepEqual([Object.keys(visited?.by ?? {}), visited?.failed], [by, []]);
  const store = (more?: More) => ({ store: app(stack, 'store', names, 4190, more) });

  await inOrder(t, [
    [
      'the preview says from whom it takes the ports, and what stays',
      async () => {
        stack.configure({ apps: { store: app(stack, 'store', names, 4190) } });
        const told = said(await stack.preview());
        assert.match(told, /takes ports 4190, 4191 from shop, which goes: one instance after/);
        assert.match(told, /takes the place of the site of shop/);
        assert.match(told, /what shop received stays in \/srv\/shop\/\w+, \/srv\/shop\/\w+, and/);
      },
    ],
    [
      'renamed, it answers all the time',
      async () => {
        await host.exec('echo kept >/srv/shop/media/file');
        const { run, visited } = await upWith(store(), 'www.example.com', 'nobody.example.com');
        assert.equal(run.code, 0, said(run));
        for (const one of Object.values(visited)) assertAnswered(one, 'ok\n', 'store');
        await host.exec('grep -q kept /srv/shop/media/file; ! systemctl is-active shop@4190');
        assert.match(said(run), /gone {3}rollout shop 4190: gives its port to store/);
        await assertNothingToDo(stack);
      },
    ],
    [
      'one that fails gives the ports back, and the next takes them',
      async () => {
        const kiosk = (failure?: Failure) => ({
          kiosk: app(stack, 'kiosk', names, 4190, failure && { failure }),
        });
        const { run, visited } = await upWith(kiosk('second'), 'www.example.com');
        assert.notEqual(run.code, 0);
        assert.match(
          said(run),
          /nothing to go back to, what gave way runs again: store@4191\.service, store@4190\.service/,
        );
        assert.deepEqual(visited['www.example.com']?.failed, []);
        await host.exec(
          'systemctl is-active store@4190 store@4191; ! systemctl is-active kiosk@4190',
        );
        const again = await upWith(kiosk(), 'www.example.com');
        assert.equal(again.run.code, 0, said(again.run));
        assertAnswered(again.visited['www.example.com'], 'store', 'kiosk');
        await assertNothingToDo(stack);
      },
    ],
    [
      'visitors of a site that goes are never answered by the app that has its ports now',
      async () => {
        const apps = {
          blog: app(stack, 'blog', ['blog.example.com'], 4190),
          wiki: app(stack, 'wiki', ['wiki.example.com'], 4300),
        };
        const { run, visited } = await upWith(apps, 'www.example.com');
        assert.equal(run.code, 0, said(run));
        const { by = {} } = visited['www.example.com'] ?? {};
        assert.deepEqual(Object.keys(by), ['kiosk']);
        assert.match(said(run), /gone {3}file \/etc\/nginx\/keelson\.d\/kiosk\.conf/);
        await assertNothingToDo(stack);
      },
    ],
    [
      'on other ports, it has the domains from one moment on',
      async () => {
        const apps = {
          news: app(stack, 'news', ['blog.example.com'], 4210),
          wiki: app(stack, 'wiki', ['wiki.example.com'], 4300),
        };
        const { run, visited } = await upWith(apps, 'blog.example.com');
        assert.equal(run.code, 0, said(run));
        assertAnswered(visited['blog.example.com'], 'blog', 'news');
      },
    ],
    [
      'a port of one that moves away in the same run comes after that',
      async () => {
        const apps = {
          wiki: app(stack, 'wiki', ['wiki.example.com'], 4210),
          news: app(stack, 'news', ['blog.example.com'], 4220),
        };
        const { run, visited } = await upWith(apps, 'blog.example.com', 'wiki.example.com');
        assert.equal(run.code, 0, said(run));
        assertAnswered(visited['blog.example.com'], 'news');
        assertAnswered(visited['wiki.example.com'], 'wiki');
        await assertNothingToDo(stack);
      },
    ],
    [
      'two that want each other’s ports are refused, and the preview says why',
      async () => {
        const apps = {
          wiki: app(stack, 'wiki', ['wiki.example.com'], 4220),
          news: app(stack, 'news', ['blog.example.com'], 4210),
        };
        stack.configure({ apps });
        const run = await stack.try('preview');
        assert.notEqual(run.code, 0);
        assert.match(said(run), /apps \w+ and \w+ want each other's ports in one run .*; give/);
      },
    ],
    [
      'where one instance serves, the preview says what that costs',
      async () => {
        const one = { instances: 1 };
        const first = { one: app(stack, 'one', ['one.example.com'], 4190, one) };
        assert.equal((await upWith(first)).run.code, 0);
        stack.configure({ apps: { other: app(stack, 'other', ['one.example.com'], 4190, one) } });
        const told = said(await stack.preview());
        assert.match(told, /takes port 4190 from one, which goes: nobody answers for the seconds/);
        const run = await stack.up();
        assert.match(said(run), /rollout other 4190 stopped → current/);
        await assertNothingToDo(stack);
      },
    ],
  ]);
});
