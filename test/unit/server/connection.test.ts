import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection } from '../../../components/server/connection.ts';
import { web1 } from '../shop.ts';

test('a server is named once; another port is another server', () => {
  const other = (given: object) => ({ ...web1(given), name: 'web2' });
  assert.deepEqual(connection.conflicts?.([web1(), other({})]), [
    'servers.web2.address: "web1.example.com" is the address of servers.web1; name each server once',
  ]);
  assert.deepEqual(connection.conflicts?.([web1(), other({ port: 2222 })]), []);
  assert.deepEqual(connection.conflicts?.([web1(), other({ address: 'b' })]), []);
  // Two that are reached by forwards of this machine's, beside one that is reached directly.
  const forward = (port: number) => other({ address: '127.0.0.1', port });
  assert.deepEqual(connection.conflicts?.([web1(), forward(10022), forward(10023)]), []);
  assert.equal(connection.conflicts?.([forward(10022), web1(), forward(10022)]).length, 1);
});

test('a private key must be readable here', () => {
  assert.deepEqual(connection.localFiles?.(web1({ privateKey: '~/key' })), [
    { at: 'privateKey', path: '~/key' },
  ]);
  assert.deepEqual(connection.localFiles?.(web1()), []);
});

test('nothing of it is on the host', () => {
  assert.equal(connection.render, undefined);
});
