import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appSchema } from '../../../components/app/components.ts';
import { destinationsOf, restrictions } from '../../../components/app/sandbox.ts';
import { examine } from '../../../components/config/problem.ts';
import { complaints, mailer, shop } from '../shop.ts';

const worker = { type: 'worker', source: '.', start: 'a.js' };
const given = (sandbox: object) => restrictions(mailer({ sandbox }).sandbox);

test('whom an app may reach, and whether what it writes may be run', () => {
  const table: [object, object][] = [
    [{}, { families: 'AF_UNIX AF_INET AF_INET6 AF_NETLINK', localOnly: false, jitless: false }],
    [
      { network: 'localhost', netlink: false },
      { families: 'AF_UNIX AF_INET AF_INET6', localOnly: true, jitless: false },
    ],
    [
      { network: 'none', jit: false },
      { families: 'AF_UNIX AF_NETLINK', localOnly: true, jitless: true },
    ],
  ];
  const places = {
    ...{ own: ['/dev/shm', '/run/lock'], shared: [], calls: [] },
    ...{ hidden: given({}).hidden, rings: ['io_uring_setup io_uring_enter io_uring_register'] },
  };
  for (const [sandbox, wanted] of table) assert.deepEqual(given(sandbox), { ...wanted, ...places });
});

test('where everybody may write an instance has its own, but for what the stack file names', () => {
  const table: [string[], string[], string[]][] = [
    [['/mnt/x', '/dev/shmx'], ['/dev/shm', '/run/lock'], []],
    [['/dev/shm'], ['/run/lock'], []],
    [
      ['/dev/shm/x', '/run/lock/a/b'],
      ['/dev/shm', '/run/lock'],
      ['/dev/shm/x', '/run/lock/a/b'],
    ],
  ];
  for (const [writable, own, shared] of table) {
    const { own: hidden, shared: seen } = given({ writable });
    assert.deepEqual([hidden, seen], [own, shared]);
  }
});

test('rings and D-Bus are for apps that ask for them', () => {
  assert.deepEqual(given({ calls: ['@aio'] }).rings, []);
  assert.deepEqual(given({ calls: ['io_uring_setup', 'io_uring_enter'] }).rings, [
    'io_uring_register',
  ]);
  assert.match(given({}).hidden.join(), /^-\/run\/dbus -\/run\/systemd\/io\./);
  assert.deepEqual(given({ bus: true }).hidden, []);
});

test('whom an app may ask is said by address, port and protocol', () => {
  const to = [
    { address: '10.0.0.5', port: 5432 },
    { address: '2001:db8::/32', port: 443, protocol: 'udp' },
    { address: '10.9.0.0/16' },
  ];
  assert.deepEqual(destinationsOf(mailer({ sandbox: { network: { to } } }).sandbox), [
    { family: 'ip', address: '10.0.0.5', ports: 'tcp dport 5432 ' },
    { family: 'ip6', address: '2001:db8::/32', ports: 'udp dport 443 ' },
    { family: 'ip', address: '10.9.0.0/16', ports: '' },
  ]);
  assert.deepEqual(destinationsOf(mailer({ sandbox: { network: { to: [] } } }).sandbox), []);
  for (const network of ['any', 'localhost', 'none'])
    assert.equal(destinationsOf(mailer({ sandbox: { network } }).sandbox), undefined);
  assert.deepEqual(given({ network: { to } }), given({}), 'the packet filter alone says it');
});

test('it is no name, and what cannot be an address or a port is refused', () => {
  const told = (entry: object) =>
    examine(appSchema({}), { ...worker, sandbox: { network: { to: [entry] } } }, ['apps', 'a'])
      .problems;
  const at = 'apps.a.sandbox.network.to.0';
  assert.deepEqual(told({ address: 'api.example.com', port: 443 }), [
    `${at}.address: "api.example.com" is not an address or network; write one such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32, and no name: a packet knows none, and the addresses of a name change`,
  ]);
  assert.deepEqual(told({ address: '10.0.0.5', protocol: 'udp' }), [
    `${at}.protocol: "udp" is that of a port; name one, or leave it out`,
  ]);
  assert.match(told({ address: '10.0.0.300' }).join(), /is not an IPv4 network/);
  assert.match(told({ address: '1::2::3' }).join(), /is not an IPv6 network/);
  assert.equal(told({ address: '10.0.0.5', port: 0 }).length, 1);
  assert.equal(told({ address: '10.0.0.5 accept' }).length, 1);
});

test('system calls that an app may use beside the others are named as systemd names them', () => {
  assert.deepEqual(given({ calls: ['@chown', 'setpriority'] }).calls, ['@chown', 'setpriority']);
  for (const name of ['', '~@clock', '@chown @clock', '%i', '1x', 'a\n'])
    assert.match(
      complaints({ start: 'a.js', sandbox: { calls: [name] } }).join(),
      /^sandbox\.calls\.0 is not the name of a system call or a group of them; write one/,
      name,
    );
});

test('an app that listens needs a way to, and a worker none', () => {
  assert.deepEqual(complaints({ start: 'a.js', sandbox: { network: 'none' } }), [
    'sandbox leaves the app no way to listen; add `listen: socket` or choose `network: localhost`',
  ]);
  assert.equal(shop({ listen: 'socket', sandbox: { network: 'none' } }).sandbox.network, 'none');
});
