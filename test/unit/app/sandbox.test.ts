import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restrictions } from '../../../components/app/sandbox.ts';
import { complaints, mailer, shop } from '../shop.ts';

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
  const places = { own: ['/dev/shm', '/run/lock'], shared: [], calls: [] };
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
