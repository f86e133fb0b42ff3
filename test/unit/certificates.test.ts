/** Certificates and keys before a server is given them, made by openssl. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pairProblems } from '../../components/lib/certificates.ts';
import { pem } from '../harness/pem.ts';
import { scratchDirectory } from './scratch.ts';

const directory = scratchDirectory('certificates');
const names = ['shop.example.com', '*.example.org', '192.0.2.7'];
const root = pem(directory, 'root', { names: [] });
const shop = pem(directory, 'shop', { names, by: root });
const later = (days: number): Date => new Date(Date.now() + days * 86_400_000);

/** What is told of this pair today, or at another time. */
const told = (given: Partial<Parameters<typeof pairProblems>[0]>, now = new Date()): string[] =>
  pairProblems({ certificate: shop.certificate, key: shop.key, names, ...given }, now).map(
    ({ at, text }) => `${at} ${text}`,
  );

test('a pair that fits is fine, alone, with its authority, and where its key is not to be seen', () => {
  assert.deepEqual(told({}), []);
  assert.deepEqual(told({ certificate: `${shop.certificate}${root.certificate}` }), []);
  assert.deepEqual(told({ key: undefined }), []);
  assert.deepEqual(told({ names: ['a.example.org'] }), []);
});

test('what no browser takes is refused: an end that has passed, a beginning to come, names that are missing', () => {
  const end = later(30).toISOString().slice(0, 10);
  assert.deepEqual(told({}, later(31)), [`certificate has ended on ${end}; get a new one`]);
  assert.match(
    told({}, later(-2)).join(),
    /^certificate begins only on \S+; wait until then, or set the clock of this machine, which says \S+$/,
  );
  assert.deepEqual(
    told({ names: ['www.shop.example.com', 'example.org', 'a.b.example.org', '192.0.2.8'] }),
    [
      'certificate is not for www.shop.example.com, example.org, a.b.example.org, 192.0.2.8, but for shop.example.com, *.example.org, 192.0.2.7; get one for all of domains and redirectFrom',
    ],
  );
  assert.match(
    told({ certificate: root.certificate, key: root.key }).join(),
    /but for no name at all;/,
  );
});

test('what nginx does not take is refused: a chain in disorder, the key of another, one with a password', () => {
  const disorder = `${root.certificate}${shop.certificate}`;
  assert.deepEqual(told({ certificate: disorder, key: root.key, names: [] }), [
    'certificate holds 2 certificates, of which number 2 has not signed number 1; put yours first, and after each one the one that signed it',
  ]);
  assert.deepEqual(told({ key: root.key }), [
    'key does not fit the certificate; give the key that it was made with',
  ]);
  const locked = join(directory, 'locked.key');
  execFileSync('openssl', [
    ...['pkey', '-in', shop.paths.key, '-aes256', '-passout', 'pass:a', '-out', locked],
  ]);
  assert.deepEqual(told({ key: readFileSync(locked, 'utf8') }), [
    'key has a password, for which nginx would ask at each start; take it off with openssl pkey',
  ]);
  const short = pem(directory, 'short', { names, bits: 1024 });
  assert.deepEqual(told(short), [
    'key has 1024 bits, which Debian’s OpenSSL refuses; get a certificate for one of 2048 or more',
  ]);
});

test('what is neither is told without a part of it', () => {
  const secret = 'correct horse';
  const nothing =
    'certificate holds no certificate in PEM; give the file that begins with -----BEGIN CERTIFICATE-----';
  assert.deepEqual(told({ certificate: secret }), [nothing]);
  const broken = shop.certificate.replace(/^MII/m, 'AAA');
  assert.deepEqual(told({ certificate: broken }), [nothing]);
  assert.deepEqual(told({ key: secret }), [
    'key holds no private key in PEM; give the file that begins with -----BEGIN PRIVATE KEY-----',
  ]);
});
