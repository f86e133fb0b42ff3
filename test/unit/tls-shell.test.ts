/** What of a host stands in the way of TLS: people's own lines, and certificates that somebody else brings. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pem } from '../harness/pem.ts';
import { hostShell } from './host-shell.ts';
import { scratchDirectory } from './scratch.ts';

const directory = scratchDirectory('tls-shell');
const names = ['shop.example.com', '*.example.org'];
const shop = pem(directory, 'shop', { names });
const other = pem(directory, 'other', { names });

const path = '/etc/nginx/keelson.d/shop.tls';
const line = (pair = '', asked = names): string =>
  `file\t${path}\tmode=0644${pair && `\t@pair=${pair}\t@names=${asked.join(' ')}`}`;
const pairOf = (certificate: string, key: string, asked = names): string =>
  line(`${certificate} ${key}`, asked);

/** The words about this item, on a host with this memory. */
const words = (input: string, memory = {}): string =>
  hostShell('unfit_tls "$(cat)"', { input, memory }).replace(`file\t${path}\tforeign=`, '').trim();

test('a certificate of somebody else’s must be there, fit its key and have all names', () => {
  const { certificate, key } = shop.paths;
  assert.equal(words(pairOf(certificate, key)), '');
  assert.equal(words(pairOf(certificate, key, ['a.example.org'])), '');
  assert.equal(
    words(pairOf('/no/such.pem', key)),
    'needs /no/such.pem, which is not there; let it be made first',
  );
  assert.equal(
    words(pairOf(certificate, other.paths.key)),
    `needs ${other.paths.key}, which is not the key of ${certificate}, or has a password`,
  );
  assert.equal(
    words(pairOf(certificate, key, ['shop.example.com', 'www.shop.example.com'])),
    `needs ${certificate}, which is not for www.shop.example.com; renew it with that name first`,
  );
  assert.equal(
    words(pairOf(key, key)),
    `needs ${key}, which has ended, or holds no certificate; renew it first`,
  );
});

test('once the site has it, what ends holds up nothing else', () => {
  const input = pairOf('/no/such.pem', shop.paths.key);
  const memory = { 'manifests/tls-shop': `keelson 1 tls-shop\nrun r\n\n${line()}\nend\n` };
  assert.equal(words(input, memory), '');
});

test('lines of one’s own for TLS are named, with the certificate of certbot’s that they have', () => {
  const own = (text: string): string => {
    const place = join(directory, 'keelson.d/shop');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'certbot.conf'), text);
    return hostShell(`own_tls ${place}`).replaceAll(place, 'PLACE');
  };
  const said =
    'would say what PLACE/certbot.conf says already; take listen 443 and all that begins with ssl_ out of that';
  const live = '/etc/letsencrypt/live/shop.example.com';
  assert.equal(
    own(`listen 443 ssl;\n\tssl_certificate ${live}/fullchain.pem;\n`),
    `${said}, and to go on with its certificate write tls: { certificate: { onHost: ${live}/fullchain.pem }, key: { onHost: ${live}/privkey.pem } }, or set tls: off`,
  );
  assert.equal(own('  listen [::]:443 ssl http2;\n'), `${said}, or set tls: off`);
  for (const other of ['# listen 443 ssl;\n', 'listen 4430;\n', 'expires 443;\n', 'listen 8443;\n'])
    assert.equal(own(other), '', other);
});

test('alerts and the status know certificates of sites, wherever these lie', () => {
  const sites = join(directory, 'root/etc/nginx/keelson.d');
  mkdirSync(sites, { recursive: true });
  const said = (path: string) =>
    `listen 443 ssl;\nssl_certificate ${path};\nssl_certificate_key /k;\n`;
  writeFileSync(join(sites, 'shop.tls'), said('/etc/keelson/tls/shop/fullchain.pem'));
  writeFileSync(join(sites, '0-status.tls'), said('/srv/certificates/status.pem'));
  assert.deepEqual(
    hostShell(`HOST_ROOT=${directory}/root; list_certificates | sort`).trim().split('\n'),
    ['/etc/keelson/tls/shop/fullchain.pem', '/srv/certificates/status.pem'],
  );
});
