/** What the command plugin is given, from how the look came in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandConnection, holds, sameForAll } from '../../components/pulumi/connection.ts';
import type { Reached } from '../../components/ssh/connection.ts';
import { keyPair, sshServer } from '../harness/ssh-server.ts';

const key = { path: '/id', text: 'PRIVATE', blob: Buffer.alloc(0) };
const agent = { agent: '/agent', isUsual: true, identities: [] };

const reached = (more: Partial<Reached> = {}): Reached => ({
  target: { name: 'web1', address: '192.0.2.1', port: 22, user: 'admin' },
  login: agent,
  hostKey: 'ssh-ed25519 A',
  known: ['ssh-ed25519 A'],
  refusals: 0,
  jump: undefined,
  ...more,
});

const there = { host: '192.0.2.1', port: 22, user: 'admin', hostKey: 'ssh-ed25519 A' };

test('the plugin logs in as the look did', () => {
  assert.deepEqual(commandConnection(reached()), { ...there, dialErrorLimit: 12 });
  const withKey = reached({ login: { key, setting: 'privateKey' } });
  assert.deepEqual(commandConnection(withKey), {
    ...there,
    ...{ dialErrorLimit: 12, privateKey: 'PRIVATE' },
  });
  const other = reached({ login: { ...agent, isUsual: false } });
  assert.deepEqual(commandConnection(other), {
    ...there,
    ...{ dialErrorLimit: 12, agentSocketPath: '/agent' },
  });
});

test('through a jump host if the look did, each with a login of its own', () => {
  const gate = { name: 'web1, jump host', address: '192.0.2.9', port: 2200, user: 'me' };
  const jump = reached({ target: gate, login: { key, setting: 'IdentityFile' } });
  assert.deepEqual(commandConnection(reached({ jump })), {
    ...{ ...there, dialErrorLimit: 12 },
    proxy: {
      ...{ host: '192.0.2.9', port: 2200, user: 'me', hostKey: 'ssh-ed25519 A' },
      ...{ dialErrorLimit: 1, privateKey: 'PRIVATE' },
    },
  });
});

test('what a destroy goes by gives up soon: nobody has looked before', () => {
  assert.deepEqual(commandConnection(reached(), true), { ...there, dialErrorLimit: 1 });
});

test('who logs in is not of the way that is the same for all, unless the stack file says it', () => {
  const same = sameForAll(reached(), {});
  assert.equal(same, '192.0.2.1 22  ssh-ed25519 A');
  const other = { name: 'web1', address: '192.0.2.1', port: 22, user: 'other' };
  const login = { key, setting: 'privateKey' };
  assert.equal(sameForAll(reached({ target: other, login }), {}), same);
  assert.notEqual(sameForAll(reached(), { user: 'admin' }), same);
  assert.notEqual(sameForAll(reached({ hostKey: 'ssh-ed25519 B' }), {}), same);
});

test('a connection of an earlier run is tried where that of this run is another one', async (t) => {
  const [host, login] = [keyPair(), keyPair()];
  const server = await sshServer({ hostKeys: [host.private], publicKey: login.public });
  t.after(() => server.close());
  const at = { host: '127.0.0.1', port: server.port, user: 'admin', hostKey: host.public };
  const now = { ...at, privateKey: keyPair().private };
  assert.ok(await holds({ ...now, dialErrorLimit: 12 }, { ...now, dialErrorLimit: 1 }));
  assert.ok(await holds(undefined, now), 'nothing was ever made there');
  assert.equal(server.connections.total, 0);
  assert.ok(await holds({ ...at, privateKey: login.private }, now));
  assert.ok(!(await holds({ ...at, privateKey: keyPair().private }, now)));
});
