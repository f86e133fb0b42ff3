import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { known, preferred } from '../../components/ssh/known-hosts.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-known-hosts-'));
after(() => rmSync(directory, { recursive: true }));

const target = (knownHosts: string, port = 22) => {
  const path = join(directory, 'known_hosts');
  writeFileSync(path, knownHosts);
  return { name: 'web1', address: 'web1.example', port, user: 'admin', knownHosts: path };
};

const hostKeys = (it: Parameters<typeof known>[0]) => known(it).keys;

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

test('a host that has proven only an ssh-rsa key is refused before the plugin fails on it', () => {
  assert.throws(
    () => preferred(target('', 2222), ['ssh-rsa A']),
    /it shows an ssh-rsa host key alone, .*; on the host: ssh-keygen -A/,
  );
  assert.throws(
    () => preferred({ ...target('', 2222), hostKey: 'ssh-rsa A' }, ['ssh-rsa A']),
    /hostKey is an ssh-rsa key, .*; compare `ssh-keyscan -t ed25519,ecdsa -p 2222 web1.example`/,
  );
});

test('a kind of key that nobody here can use is told by its name, not as a key that is missing', () => {
  const message =
    /its host key in .*known_hosts is of a kind that cannot be used here \(ssh-dss\); compare `ssh-keyscan -t ed25519,ecdsa web1.example`/;
  assert.throws(() => hostKeys(target('web1.example ssh-dss D\n')), message);
  const given = { ...target(''), hostKey: 'sk-ssh-ed25519@openssh.com A me' };
  assert.throws(
    () => hostKeys(given),
    /its host key in hostKey is of a kind that cannot be used here \(sk-ssh-ed25519@openssh.com\)/,
  );
});

test('a directory in place of known_hosts is told as one', () => {
  assert.throws(
    () => known({ ...target(''), knownHosts: directory }),
    ({ message }: Error) =>
      message ===
      `server web1 (admin@web1.example:22): the known hosts cannot be read from ${directory}: it is a directory; name a file of lines as ssh-keyscan prints them`,
  );
});

test('authorities are known beside keys, unless they are revoked', () => {
  const lines = '@cert-authority *.example ssh-ed25519 CA\n@cert-authority other ssh-ed25519 O\n';
  assert.deepEqual(known(target(lines)).authorities, ['ssh-ed25519 CA']);
  assert.throws(() => known(target(`${lines}@revoked * ssh-ed25519 CA\n`)), /is not in/);
});

test('files that ssh would read are all read, under the name that it would look for', () => {
  const files = ['one', 'two'].map((name) => join(directory, name));
  writeFileSync(files[0] as string, 'alias ssh-ed25519 A\n');
  writeFileSync(files[1] as string, 'alias ecdsa-sha2-nistp256 B\n');
  const { knownHosts: _, ...bare } = target('', 2222);
  const way = { ...bare, knownHostsFiles: [...files, '/nowhere'], keyAlias: 'alias' };
  assert.deepEqual(hostKeys(way), ['ssh-ed25519 A', 'ecdsa-sha2-nistp256 B']);
});

test('the remedy for a port of its own names the port', () => {
  assert.throws(() => hostKeys(target('', 2222)), /compare `ssh-keyscan -p 2222 web1.example`/);
});

test('the plugin is given the most modern key that the host has proven', () => {
  const proven = ['ssh-dss D', 'ssh-rsa C', 'ecdsa-sha2-nistp256 B', 'ssh-ed25519 A'];
  assert.equal(preferred(target(''), proven), 'ssh-ed25519 A');
});
