import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppConfig } from '../../../components/app/components.ts';
import { ports } from '../../../components/app/ports.ts';
import { listensAt, publicHostOf, publicly } from '../../../components/app/public.ts';
import { chat, shop, web1, wrongWith } from '../shop.ts';

test('an app behind nginx listens on the loopback, one that the world reaches on all interfaces', () => {
  const hosts = [chat(), chat({ public: 'each' }), shop()].map(
    (app) => ports.variables?.(app as never).HOST,
  );
  assert.deepEqual(hosts, ['127.0.0.1', '0.0.0.0', '127.0.0.1']);
  assert.equal(listensAt({ public: 'each' }), '0.0.0.0');
});

test('the public address is that of the server, or the name that is said', () => {
  assert.equal(publicHostOf({}, { address: 'web1.example.com' }), 'web1.example.com');
  assert.equal(publicHostOf({}, { address: '2001:db8::7' }), '[2001:db8::7]');
  const said = publicHostOf({ publicHost: 'play.example.com' }, { address: '10.0.0.1' });
  assert.equal(said, 'play.example.com');
});

test('what goes with nginx alone, and what with public instances alone, is refused', () => {
  const told = (more: object) => wrongWith({ type: 'tcp', start: 'a.js', ...more });
  assert.deepEqual(told({ public: 7000, publicHost: 'play.example.com' }), [
    'publicHost is told to instances that the world reaches; add `public: each`, or leave it out',
  ]);
  for (const [name, value] of [
    ['proxyProtocol', true],
    ['sticky', 'address'],
    ['idle', '1h'],
  ] as const) {
    assert.deepEqual(told({ public: 'each', [name]: value }), [
      `${name} is a setting of nginx, which does not stand before \`public: each\`; leave it out`,
    ]);
    assert.deepEqual(told({ public: 7000, [name]: value }), []);
  }
  assert.deepEqual(told({ public: 'each', listen: 'socket' }), [
    'listen is a socket for nginx alone; with `public: each` leave it out',
  ]);
  assert.deepEqual(told({ public: 'each', sandbox: { network: 'localhost' } }), [
    'sandbox keeps out whom `public: each` lets in; choose `network: any`',
  ]);
  assert.deepEqual(told({ public: 7000, sandbox: { network: 'none' } }), [
    'sandbox leaves the app no way to listen; add `listen: socket` or choose `network: localhost`',
  ]);
  assert.match(told({}).join(), /^public /);
  assert.match(told({ public: 'all' }).join(), /^public /);
});

/** What is wrong with the ports of apps on one server. */
const conflicts = (apps: AppConfig[], server: object = {}): string[] =>
  ports.conflicts?.(apps as never, { server: web1(server), secrets: {} }) ?? [];

test('a public port is nobody else’s: of an app, of sshd, of nginx for sites, or of what goes out', () => {
  const at = (port: number) => ({ ...chat({ public: port, port: 5000, instances: 2 }) });
  assert.deepEqual(conflicts([at(7000), shop()]), []);
  for (const [port, why] of [
    [80, 'is where nginx answers for sites'],
    [443, 'is where nginx answers for sites'],
    [22, 'is that of sshd on web1'],
    [3700, 'is one of 3700 to 3763, which apps.shop keeps for its instances'],
    [5001, 'is one of 5000 to 5001, which apps.chat keeps for its instances'],
    [40000, 'is among 32768 to 65535, which outgoing connections of web1 use'],
  ] as const)
    assert.deepEqual(conflicts([shop(), at(port)]), [
      `apps.chat.public: ${port} ${why}; choose another one`,
    ]);
  assert.deepEqual(conflicts([at(2222)], { port: 2222 }), [
    'apps.chat.public: 2222 is that of sshd on web1; choose another one',
  ]);
  assert.deepEqual(conflicts([at(7000)], { firewall: { close: [7000] } }), [
    'apps.chat.public: 7000 is in firewall.close of web1; choose another one',
  ]);
  const other = { ...chat({ public: 7000, port: 5100 }), name: 'other' };
  assert.deepEqual(conflicts([at(7000), other]), [
    'apps.other.public: 7000 is apps.chat.public too; choose another one',
  ]);
});

test('instances of all types keep their ports from each other, and what fetch refuses is of web apps alone', () => {
  assert.deepEqual(conflicts([shop(), chat({ public: 'each', port: 3710 })]), [
    'apps.chat.port: 3710 and the ports after it meet 3700 to 3763, which apps.shop keeps for its instances; choose 3764, or set instances',
  ]);
  assert.deepEqual(conflicts([chat({ public: 'each', port: 6660, instances: 8 })]), []);
  assert.equal(conflicts([shop({ port: 6660, instances: 8 })]).length, 1);
});

test('a server that is yet to be made has no address that could be told', () => {
  const told = (app: AppConfig) =>
    publicly.conflicts?.([app] as never, {
      server: web1({ address: 'web1.invalid' }),
      secrets: {},
    });
  assert.deepEqual(told(chat({ public: 'each' })), [
    'apps.chat.publicHost: is missing; web1 gets its address only when it is made, so write the name that leads there',
  ]);
  assert.deepEqual(told(chat({ public: 'each', publicHost: 'play.example.com' })), []);
  assert.deepEqual(told(chat()), []);
});
