import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commandConnection, hostKeys, open, remedy } from '../../components/ssh/connection.ts';
import { keyPair } from '../harness/ssh-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-connection-'));
after(() => rmSync(directory, { recursive: true }));

const target = (knownHosts: string, port = 22) => {
  const path = join(directory, 'known_hosts');
  writeFileSync(path, knownHosts);
  return { name: 'web1', address: 'web1.example', port, user: 'admin', knownHosts: path };
};

const hashed = (name: string): string => {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

test('a host key is found by name, by port and under its hash', () => {
  assert.deepEqual(
    hostKeys(target('other ssh-ed25519 A\nweb1.example,10.0.0.1 ssh-ed25519 B comment\n')),
    ['ssh-ed25519 B'],
  );
  assert.deepEqual(
    hostKeys(target('web1.example ssh-ed25519 A\n[web1.example]:2222 ssh-ed25519 B\n', 2222)),
    ['ssh-ed25519 B'],
  );
  assert.deepEqual(hostKeys(target(`${hashed('web1.example')} ssh-ed25519 C\n`)), [
    'ssh-ed25519 C',
  ]);
});

test('a host whose key is not known is refused with the remedy', () => {
  for (const text of [
    '',
    '# web1.example ssh-ed25519 A',
    '@revoked web1.example ssh-ed25519 A',
    'web1.example.org ssh-ed25519 A',
  ])
    assert.throws(
      () => hostKeys(target(text)),
      /server web1 \(admin@web1.example:22\): its host key is not in .*known_hosts; compare `ssh-keyscan web1.example`/,
    );
});

test('patterns are read as OpenSSH reads them', () => {
  const found = (hosts: string) => {
    try {
      return hostKeys(target(`${hosts} ssh-ed25519 B\n`)).length;
    } catch {
      return 0;
    }
  };
  for (const hosts of ['*.example', 'web?.example', 'x,*', 'WEB1.example'])
    assert.equal(found(hosts), 1);
  for (const hosts of ['*.example,!web1.*', 'web?', 'web1xexample', 'eb1.example'])
    assert.equal(found(hosts), 0, hosts);
});

test('a key that is revoked is refused, be it listed as a good one as well', () => {
  const good = 'web1.example ssh-ed25519 A\nweb1.example ecdsa-sha2-nistp256 B\n';
  for (const hosts of ['web1.example', '*', hashed('web1.example')])
    assert.deepEqual(hostKeys(target(`${good}@revoked ${hosts} ssh-ed25519 A\n`)), [
      'ecdsa-sha2-nistp256 B',
    ]);
  assert.throws(
    () => hostKeys(target('web1.example ssh-ed25519 A\n@revoked * ssh-ed25519 A\n')),
    /its host key is revoked in .*known_hosts; compare `ssh-keyscan web1.example`/,
  );
  assert.equal(hostKeys(target(`${good}@revoked other ssh-ed25519 A\n`)).length, 2);
});

test('a host of which only an ssh-rsa key is known is refused before the plugin fails on it', () => {
  const message =
    /only its ssh-rsa host key is known.*; compare `ssh-keyscan -t ed25519,ecdsa -p 2222 web1.example`/;
  assert.throws(() => hostKeys(target('[web1.example]:2222 ssh-rsa A\n', 2222)), message);
  const given = { ...target('', 2222), hostKey: 'ssh-rsa A me' };
  assert.throws(() => commandConnection(given), message);
});

test('the remedy for a port of its own names the port', () => {
  assert.throws(() => hostKeys(target('', 2222)), /compare `ssh-keyscan -p 2222 web1.example`/);
});

test('an agent with too many keys is told apart from a login that is refused', () => {
  const said = (message: string, level?: string) =>
    remedy(Object.assign(new Error(message), level && { level }), target(''));
  assert.match(
    said('Too many authentication failures'),
    /^it hung up after too many keys .* privateKey$/,
  );
  assert.match(said('All failed', 'client-authentication'), /^it refused the login/);
  assert.match(said('ECONNREFUSED'), /^cannot be reached: ECONNREFUSED;/);
});

test('the plugin is given the most modern key that is known', () => {
  const known =
    'web1.example ssh-dss D\nweb1.example ssh-rsa C\nweb1.example ecdsa-sha2-nistp256 B\nweb1.example ssh-ed25519 A\n';
  assert.equal(commandConnection(target(known)).hostKey, 'ssh-ed25519 A');
  assert.equal(
    commandConnection({ ...target(''), hostKey: 'ssh-ed25519 Z me' }).hostKey,
    'ssh-ed25519 Z',
  );
});

test('without an agent and without a key file the remedy is named', async () => {
  const agent = process.env.SSH_AUTH_SOCK;
  delete process.env.SSH_AUTH_SOCK;
  try {
    await assert.rejects(
      open(target('web1.example ssh-ed25519 A')),
      /no SSH agent \(SSH_AUTH_SOCK is not set\); start one/,
    );
  } finally {
    if (agent) process.env.SSH_AUTH_SOCK = agent;
  }
});

test('a private key that cannot be used is named', async () => {
  const path = join(directory, 'key');
  writeFileSync(path, 'not a key');
  const given = (privateKey: string) => ({ ...target(''), hostKey: 'ssh-ed25519 A', privateKey });
  await assert.rejects(
    open(given('/nowhere')),
    /privateKey \/nowhere cannot be used \(there is no such file\); name/,
  );
  await assert.rejects(
    open(given(path)),
    /privateKey .*key cannot be used \(Unsupported key format\); name/,
  );
});

test('a host that does not answer is named with its address and the cause', async () => {
  const path = join(directory, 'login');
  writeFileSync(path, keyPair().private);
  const closed = {
    ...target(''),
    address: '127.0.0.1',
    port: 1,
    hostKey: 'ssh-ed25519 A',
    privateKey: path,
  };
  await assert.rejects(
    open(closed),
    /server web1 \(admin@127.0.0.1:1\): cannot be reached: .*ECONNREFUSED.*; check address, port and firewall/,
  );
});
