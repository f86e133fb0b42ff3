import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reach } from '../../../components/app/reach.ts';
import type { TcpApp } from '../../../components/app/types/tcp.ts';
import type { WebApp } from '../../../components/app/types/web.ts';
import type { WorkerApp } from '../../../components/app/types/worker.ts';
import { chat, context, items, lines, mailer, shop } from '../shop.ts';

const elements = (
  app: WebApp | TcpApp | WorkerApp,
  others: Record<string, number[]> = {},
): string[] => {
  const [file] = items(reach.render?.(app, context(app, { others })));
  assert.equal(file?.name, `/etc/keelson/filter.d/app-${app.name}.nft`);
  return (file?.content ?? '')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.replace('add element inet keelson ', ''));
};

test('at its ports an app answers, and itself and nginx may ask', () => {
  assert.deepEqual(elements(shop({ instances: 1, metadata: true })), [
    'ports { 3700 }',
    'answers { 3700 . "shop" }',
    'asks { 3700 . "shop" }',
    'asks { 3700 . "www-data" }',
  ]);
});

test('whoever wants to asks where the world reaches the instances, and for nginx’s alone nobody more', () => {
  const one = { instances: 1, port: 3800, metadata: true };
  const own = [
    'ports { 3800 }',
    'answers { 3800 . "chat" }',
    'asks { 3800 . "chat" }',
    'asks { 3800 . "www-data" }',
  ];
  assert.deepEqual(elements(chat(one)), own);
  assert.deepEqual(elements(chat({ ...one, public: 'each' })), [
    ...own,
    'insert rule inet keelson input tcp dport 3800 accept',
    'insert rule inet keelson output tcp dport 3800 accept',
  ]);
});

test('what it reaches are all ports of those apps that it names, and no others', () => {
  const others = { blog: [4300, 4301], wiki: [4400] };
  assert.deepEqual(elements(mailer({ reaches: ['blog'] }), others), [
    'asks { 4300 . "mailer" }',
    'asks { 4301 . "mailer" }',
    'confined { "mailer" }',
  ]);
});

test('what an app that says whom it asks may ask is a chain of its own, and watched are its name servers', () => {
  const to = [{ address: '10.0.0.5', port: 5432 }, { address: 'fd00::/8' }];
  const app = mailer({ metadata: true, sandbox: { network: { to } } });
  const all = items(reach.render?.(app, context(app, { others: {} })));
  assert.deepEqual(
    all.map(({ name }) => name),
    [
      '/etc/systemd/system/keelson-resolvers.path',
      '/etc/systemd/system/keelson-resolvers.service',
      'keelson-resolvers.path',
      '/etc/keelson/filter.d/app-mailer.nft',
    ],
  );
  assert.deepEqual(lines(all.at(-1)?.content ?? ''), [
    'add chain inet keelson to-mailer',
    'add rule inet keelson to-mailer ip daddr 10.0.0.5 tcp dport 5432 return',
    'add rule inet keelson to-mailer ip6 daddr fd00::/8 return',
    'add rule inet keelson to-mailer goto others',
    'add element inet keelson limits { "mailer" : jump to-mailer }',
  ]);
});

test('an app can name another app of its server that answers, and nothing else', () => {
  const told = (...reaches: string[]) =>
    reach.conflicts?.([{ ...shop(), reaches }, mailer()] as never, { secrets: {} });
  assert.deepEqual(told('mailer'), [
    'apps.shop.reaches.0: "mailer" is a worker, which answers nobody; leave it out',
  ]);
  assert.deepEqual(told('shop'), [
    'apps.shop.reaches.0: "shop" is the app itself, which it reaches anyway; leave it out',
  ]);
  assert.deepEqual(told('nobody'), [
    'apps.shop.reaches.0: "nobody" is no app of this server; write the name of one, or leave it out',
  ]);
  assert.deepEqual(told(), []);
});
