import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ports, portsOf } from '../../../components/app/ports.ts';
import { complaints, shop, web1 } from '../shop.ts';

test('one instance for each core, at least two, or as many as the stack file says', () => {
  const table: [object, number, number[]][] = [
    [{}, 1, [4190, 4191]],
    [{}, 3, [4190, 4191, 4192]],
    [{ instances: 2, port: 5000 }, 8, [5000, 5001]],
    [{ instances: 1 }, 8, [4190]],
    [{ listen: 'socket' }, 8, [4190]],
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
  assert.deepEqual(told({ shop: {}, blog: { port: 4200 } }), [
    'apps.blog.port: 4200 and the ports after it meet 4190 to 4253, which apps.shop keeps for its instances; choose 4254, or set instances',
  ]);
  assert.deepEqual(told({ shop: { instances: 10 }, blog: { port: 4200 } }), []);
  assert.deepEqual(told({ shop: { instances: 11 }, blog: { port: 4200 } })?.length, 1);
  assert.deepEqual(told({ shop: { listen: 'socket' }, blog: { port: 4191 } }), []);
});

test('more cores than room was kept for are told where two apps meet', () => {
  const apps = { shop: {}, blog: { port: 4254 } };
  assert.deepEqual(told(apps, {}, 64), []);
  assert.deepEqual(told(apps, {}, 96), [
    'apps.blog.port: 4254 and the ports after it meet 4190 to 4285, which apps.shop keeps for its instances; choose 4286, or set instances',
  ]);
});

test('outgoing connections must not take a port before an instance does', () => {
  assert.deepEqual(told({ shop: { port: 40000, instances: 2 } }), [
    'apps.shop.port: 40000 and the ports after it meet 32768 to 65535, which outgoing connections of web1 use; choose a lower one, or set sysctl net.ipv4.ip_local_port_range',
  ]);
  const sysctl = { 'net.ipv4.ip_local_port_range': '4254 65000' };
  assert.deepEqual(told({ shop: {} }, { sysctl }), []);
  assert.equal(told({ shop: {} }, { sysctl }, 65)?.length, 1);
  assert.equal(told({ shop: { port: 4255 } }, { sysctl })?.length, 1);
});

test('what is wrong with a server that cannot be read is told apart', () => {
  const apps = [shop({ port: 40000 })];
  assert.deepEqual(ports.conflicts?.(apps, { secrets: {} }), []);
});
