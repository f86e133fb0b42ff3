import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restrictions } from '../../../components/app/sandbox.ts';
import { complaints, mailer, shop } from '../shop.ts';

const given = (sandbox: object) => restrictions(mailer({ sandbox }).sandbox);

test('whom an app may reach, and whether what it writes may be run', () => {
  const table: [object, object][] = [
    [{}, { families: 'AF_UNIX AF_INET AF_INET6', localOnly: false, jitless: false }],
    [
      { network: 'localhost', netlink: true },
      { families: 'AF_UNIX AF_INET AF_INET6 AF_NETLINK', localOnly: true, jitless: false },
    ],
    [
      { network: 'none', jit: false },
      { families: 'AF_UNIX', localOnly: true, jitless: true },
    ],
  ];
  const places = { own: ['/dev/shm', '/run/lock'], shared: [] };
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

test('an app that listens needs a way to, and a worker none', () => {
  assert.deepEqual(complaints({ start: 'a.js', sandbox: { network: 'none' } }), [
    'sandbox leaves the app no way to listen; add `listen: socket` or choose `network: localhost`',
  ]);
  assert.equal(shop({ listen: 'socket', sandbox: { network: 'none' } }).sandbox.network, 'none');
});
