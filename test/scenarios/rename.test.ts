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

/** A host with the small app, which is to go. */
async function shopOn(t: TestContext) {
  const { host, stack } = await provisionedHost(t, { cpus: 2 });
  await stack.pulumi(['config', 'rm', '--path', 'keelson:secrets.shop', '--stack', stack.name]);

  /** Runs `up` with these apps while visitors ask for some domains. */
  const upWith = async (apps: Record<string, object>, ...domains: string[]) => {
    stack.configure({ apps });
    const visitors = domains.map((domain) => visit(host, domain));
    const run = await stack.try('up');
    const visited = await Promise.all(visitors.map(({ leave }) => leave()));
    t.diagnostic(`${Object.keys(apps)}: ${run.code}, ${JSON.stringify(visited)}`);
    return { run, visited: Object.fromEntries(domains.map((name, at) => [name, visited[at]])) };
  };
  return { host, stack, upWith };
}

const assertAnswered = (visited: Visited | undefined, ...by: string[]) =>
  assert.deepEqual([Object.keys(visited?.by ?? {}), visited?.failed], [by, []]);

test('an app that takes the place of another', async (t: TestContext) => {
  const { host, stack, upWith } = await shopOn(t);
  const names = ['www.example.com', 'default'];
  const store = (more?: More) => ({ store: app(stack, 'store', names, 3700, more) });

  await inOrder(t, [
    [
      'the preview says from whom it takes the ports, and what stays',
      async () => {
        stack.configure({ apps: { store: app(stack, 'store', names, 3700) } });
        const told = said(await stack.preview());
        assert.match(told, /takes ports 3700, 3701 from shop, which goes: one instance after/);
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
        await host.exec('grep -q kept /srv/shop/media/file; ! systemctl is-active shop@3700');
        assert.match(said(run), /gone {3}rollout shop 3700: gives its port to store/);
        await assertNothingToDo(stack);
      },
    ],
    [
      'one that fails gives the ports back, and the next takes them',
      async () => {
        const kiosk = (failure?: Failure) => ({
          kiosk: app(stack, 'kiosk', names, 3700, failure && { failure }),
        });
        const { run, visited } = await upWith(kiosk('second'), 'www.example.com');
        assert.notEqual(run.code, 0);
        assert.match(
          said(run),
          /nothing to go back to, what gave way runs again: store@3701\.service, store@3700\.service/,
        );
        assert.deepEqual(visited['www.example.com']?.failed, []);
        await host.exec(
          'systemctl is-active store@3700 store@3701; ! systemctl is-active kiosk@3700',
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
          blog: app(stack, 'blog', ['blog.example.com'], 3700),
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
  ]);
});

test('apps that move to other ports', async (t: TestContext) => {
  const { stack, upWith } = await shopOn(t);
  const press = (port: number) => app(stack, 'press', ['shop.example.com', 'default'], port);
  const wiki = (port: number) => app(stack, 'wiki', ['wiki.example.com'], port);
  const single = (name: string) => app(stack, name, ['one.example.com'], 4400, { instances: 1 });

  await inOrder(t, [
    [
      'on other ports, one has the domains of another from one moment on',
      async () => {
        const { run, visited } = await upWith(
          { press: press(4210), wiki: wiki(4300) },
          'shop.example.com',
        );
        assert.equal(run.code, 0, said(run));
        assertAnswered(visited['shop.example.com'], 'ok\n', 'press');
      },
    ],
    [
      'a port of one that moves away in the same run comes after that',
      async () => {
        const apps = { wiki: wiki(4210), press: press(4220), one: single('one') };
        const { run, visited } = await upWith(apps, 'shop.example.com', 'wiki.example.com');
        assert.equal(run.code, 0, said(run));
        assertAnswered(visited['shop.example.com'], 'press');
        assertAnswered(visited['wiki.example.com'], 'wiki');
        await assertNothingToDo(stack);
      },
    ],
    [
      'two that want each other’s ports are refused, and the preview says why',
      async () => {
        stack.configure({ apps: { wiki: wiki(4220), press: press(4210), one: single('one') } });
        const run = await stack.try('preview');
        assert.notEqual(run.code, 0);
        assert.match(said(run), /apps \w+ and \w+ want each other's ports in one run .*; give/);
      },
    ],
    [
      'where one instance serves, the preview says what that costs',
      async () => {
        stack.configure({ apps: { wiki: wiki(4210), press: press(4220), other: single('other') } });
        const told = said(await stack.preview());
        assert.match(told, /takes port 4400 from one, which goes: nobody answers for the seconds/);
        assert.match(said(await stack.up()), /rollout other 4400 stopped → current/);
        await assertNothingToDo(stack);
      },
    ],
  ]);
});
