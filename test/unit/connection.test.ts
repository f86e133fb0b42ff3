import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import ssh2 from 'ssh2';
import { commandConnection, hostKeys, open } from '../../components/host/connection.ts';

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
    hostKeys(target('other ssh-rsa A\nweb1.example,10.0.0.1 ssh-ed25519 B comment\n')),
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

test('the plugin is given the most modern key that is known', () => {
  const known =
    'web1.example ssh-ed25519 A\nweb1.example ecdsa-sha2-nistp256 B\nweb1.example ssh-rsa C\n';
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
  writeFileSync(path, ssh2.utils.generateKeyPairSync('ed25519').private);
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
