import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { hostKeyIn, userData } from '../../../components/aws/user-data.ts';
import { newHostKey } from '../../../components/ssh/host-key.ts';
import { publicKey } from '../shop.ts';

test('user data is a cloud-config with one host key and those who log in, and nothing else', () => {
  const key = newHostKey();
  const text = userData(key, [publicKey]);
  assert.ok(text.startsWith('#cloud-config\n'));
  assert.deepEqual(parse(text), {
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: key.privateKey, ed25519_public: `${key.publicKey}\n` },
    ssh_authorized_keys: [publicKey],
  });
});

test('the host key is read back from it, also in base64, and from nobody else’s', () => {
  const key = newHostKey();
  const text = userData(key, []);
  assert.equal(hostKeyIn(text), key.publicKey);
  assert.equal(hostKeyIn(Buffer.from(text).toString('base64')), key.publicKey);
  for (const other of ['', '#!/bin/sh\n', '#cloud-config\npackages: [a]\n', '#cloud-config\n{}\n'])
    assert.equal(hostKeyIn(other), undefined, other);
});

test('OpenSSH takes the host key, and finds the same public half; no two are alike', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-host-key-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const all = [newHostKey(), newHostKey(), newHostKey()];
  assert.equal(new Set(all.map(({ publicKey }) => publicKey)).size, 3);
  for (const { privateKey, publicKey } of all) {
    writeFileSync(join(directory, 'key'), privateKey, { mode: 0o600 });
    const found = execFileSync('ssh-keygen', ['-y', '-f', join(directory, 'key')], {
      encoding: 'utf8',
    });
    assert.equal(found.trim().split(' ').slice(0, 2).join(' '), publicKey);
  }
});
