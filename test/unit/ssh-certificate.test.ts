/** Host certificates, as ssh-keygen makes them. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readCertificate } from '../../components/ssh/certificate.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-certificate-'));
after(() => rmSync(directory, { recursive: true }));
const skip = spawnSync('ssh-keygen', ['-?']).error ? 'there is no ssh-keygen here' : false;

const keygen = (...args: string[]) => execFileSync('ssh-keygen', ['-q', ...args]);
const file = (name: string) => join(directory, name);
const lineOf = (name: string) =>
  readFileSync(file(`${name}.pub`), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');
const blobOf = (name: string) =>
  Buffer.from(readFileSync(file(`${name}.pub`), 'utf8').split(' ')[1] ?? '', 'base64');

function make(name: string, type: string): void {
  // Large enough to be taken, and soon found.
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  keygen('-N', '', '-t', type, ...bits, '-f', file(name));
}

const sign = (name: string, by: string, ...more: string[]) =>
  keygen('-s', file(by), '-I', 'web1', ...more, file(`${name}.pub`));

test('a certificate of each kind, signed by each kind of key, is read', { skip }, () => {
  const kinds = ['ed25519', 'ecdsa', 'rsa'];
  for (const kind of kinds) for (const name of [`ca-${kind}`, `host-${kind}`]) make(name, kind);
  for (const kind of kinds)
    for (const by of kinds) {
      const name = `host-${kind}`;
      sign(name, `ca-${by}`, '-h', '-n', 'web1.example,*.test', '-V', '20200101Z:20300101Z');
      assert.deepEqual(readCertificate(blobOf(`${name}-cert`)), {
        ...{ key: lineOf(name), principals: ['web1.example', '*.test'] },
        ...{ after: 1577836800n, before: 1893456000n, authority: lineOf(`ca-${by}`) },
      });
    }
});

test('what is no certificate of a host, or was changed, is none', { skip }, () => {
  make('user', 'ed25519');
  make('ca', 'ed25519');
  sign('user', 'ca', '-n', 'admin');
  assert.equal(readCertificate(blobOf('user-cert')), undefined, 'of a user');
  assert.equal(readCertificate(blobOf('user')), undefined, 'a key alone');
  make('host', 'ed25519');
  sign('host', 'ca', '-h', '-n', 'web1.example');
  const good = blobOf('host-cert');
  assert.ok(readCertificate(good));
  const at = good.indexOf('web1.example');
  const bent = Buffer.concat([good.subarray(0, at), Buffer.from('web2'), good.subarray(at + 4)]);
  assert.equal(readCertificate(bent), undefined, 'of another host');
  assert.equal(readCertificate(good.subarray(0, -9)), undefined, 'cut short');
  assert.equal(readCertificate(Buffer.alloc(0)), undefined);
});
