import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ports, portsOf } from '../../../components/app/ports.ts';
import { refusedPorts } from '../../../components/fields/refused-ports.ts';
import { complaints, shop, web1 } from '../shop.ts';

test('one instance for each core, at least two, or as many as the stack file says', () => {
  const table: [object, number, number[]][] = [
    [{}, 1, [3700, 3701]],
    [{}, 3, [3700, 3701, 3702]],
    [{ instances: 2, port: 5000 }, 8, [5000, 5001]],
    [{ instances: 1 }, 8, [3700]],
    [{ listen: 'socket' }, 8, [3700]],
  ];
  for (const [given, cores, wanted] of table)
    assert.deepEqual(portsOf(shop(given), { cores }), wanted);
});

test('a socket of systemd’s serves one instance', () => {
  assert.deepEqual(complaints({ start: 'a.js', listen: 'socket', instances: 2 }), [
    'instances is too many for `listen: socket`, which serves one instance; leave it out',
  ]);
  assert.deepEqual(complaints({ start: 'a.js', listen: 'socket', instances: 1 }), []);
});

type Given = Record<string, object>;

const told = (given: Given, server: object = {}, cores?: number) =>
  ports.conflicts?.(
    Object.entries(given).map(([name, more]) => ({ ...shop(more), name })),
    { server: web1(server), secrets: {}, cores },
  );

test('ports of two apps must not meet, with room for as many cores as a host may have', () => {
  assert.deepEqual(told({ shop: {}, blog: { port: 3710 } }), [
    'apps.blog.port: 3710 and the ports after it meet 3700 to 3763, which apps.shop keeps for its instances; choose 3764, or set instances',
  ]);
  assert.deepEqual(told({ shop: { instances: 10 }, blog: { port: 3710 } }), []);
  assert.deepEqual(told({ shop: { instances: 11 }, blog: { port: 3710 } })?.length, 1);
  assert.deepEqual(told({ shop: { listen: 'socket' }, blog: { port: 3701 } }), []);
});

test('more cores than room was kept for are told where two apps meet', () => {
  const apps = { shop: {}, blog: { port: 3764 } };
  assert.deepEqual(told(apps, {}, 64), []);
  assert.deepEqual(told(apps, {}, 96), [
    'apps.blog.port: 3764 and the ports after it meet 3700 to 3795, which apps.shop keeps for its instances; choose 3796, or set instances',
  ]);
});

test('outgoing connections must not take a port before an instance does', () => {
  assert.deepEqual(told({ shop: { port: 40000, instances: 2 } }), [
    'apps.shop.port: 40000 and the ports after it meet 32768 to 65535, which outgoing connections of web1 use; choose a lower one, or set sysctl net.ipv4.ip_local_port_range',
  ]);
  const sysctl = { 'net.ipv4.ip_local_port_range': '3764 65000' };
  assert.deepEqual(told({ shop: {} }, { sysctl }), []);
  assert.equal(told({ shop: {} }, { sysctl }, 65)?.length, 1);
  assert.equal(told({ shop: { port: 3765 } }, { sysctl })?.length, 1);
});

test('what is wrong with a server that cannot be read is told apart', () => {
  const apps = [shop({ port: 40000 })];
  assert.deepEqual(ports.conflicts?.(apps, { secrets: {} }), []);
});

/** Whether Node.js itself refuses to ask this port; nothing is asked, whatever it says. */
async function isBad(port: number): Promise<boolean> {
  const dispatcher = {
    dispatch: (_: unknown, handler: { onError(error: Error): void }) => {
      handler.onError(new Error('asked'));
      return true;
    },
  };
  const given = { dispatcher } as unknown as RequestInit;
  const cause = await fetch(`http://127.0.0.1:${port}`, given).catch(({ cause }) => cause);
  return cause.message === 'bad port';
}

test('the ports that are refused are those that fetch refuses, and none of the default ones is among them', async () => {
  const all = Array.from({ length: 11000 - 1024 }, (_, index) => index + 1024);
  const bad: number[] = [];
  for (const port of all) if (await isBad(port)) bad.push(port);
  assert.deepEqual(bad, [...refusedPorts]);
  const wanted = portsOf(shop({ instances: 256 }), { cores: 1 });
  assert.deepEqual(
    wanted.filter((port) => refusedPorts.has(port)),
    [],
  );
});

test('a port that fetch refuses is refused, of the first instance and of those after it', () => {
  assert.deepEqual(complaints({ start: 'a.js', port: 4190 }), [
    'port is refused by fetch and by browsers ("bad port"); choose another one, such as 3700',
  ]);
  assert.deepEqual(told({ shop: { port: 6660, instances: 8 } }), [
    'apps.shop.port: 6660 and the 7 after it meet 6665, which fetch and browsers refuse; choose 6670, or another one',
  ]);
  // Where the instances follow the cores, it is those that there are which count.
  assert.deepEqual(told({ shop: { port: 4180 } }, {}, 10), []);
  assert.equal(told({ shop: { port: 4180 } }, {}, 11)?.length, 1);
});

test('who asks another app where it was before is told where it is now', () => {
  const env = {
    SHOP: 'http://127.0.0.1:4191/api',
    OTHER: 'localhost:4300',
    DB: 'db:4190',
    MAIL: 'sieve://localhost:4190',
  };
  assert.deepEqual(told({ shop: {}, blog: { port: 4300, env } }), [
    'apps.blog.env.SHOP: asks port 4191, where apps listened by default before; that is 3700 and the ports after it now, since fetch refuses 4190; write 3701, or for what is no app its scheme, such as sieve://',
  ]);
  assert.deepEqual(told({ shop: { port: 4191 }, blog: { port: 4300, env } }), []);
});

test('where apps listened by default before, the preview says why they move', () => {
  const [note, ...others] = ports.notes?.(shop(), {} as never) ?? [];
  assert.deepEqual([note?.item, note?.keys, note?.from], ['instances shop', ['running'], '4190']);
  assert.match(note?.text ?? '', /^shop moves from 4190 to 3700, once: fetch and browsers refuse/);
  assert.deepEqual(others, []);
  assert.deepEqual(ports.notes?.(shop({ port: 5000 }), {} as never), []);
});
