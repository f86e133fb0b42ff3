import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Acme, acme, acmeCertificate } from '../../../components/server/acme.ts';
import { trixie } from '../shop.ts';

const contact = 'ops@example.com';
const pem = (what: string) =>
  `-----BEGIN ${what}-----\n${'A'.repeat(120)}\n-----END ${what}-----\n`;

const reference = readFileSync(new URL('../../../stacks/reference.yaml', import.meta.url), 'utf8');
const [found = ''] = /-----BEGIN C.*?END CERTIFICATE-----/s.exec(reference) ?? [];
const ca = found.replace(/^ +/gm, '');

const parse = (given: object) => acme.fields.acme.safeParse({ contact, terms: true, ...given });
const settings = (given: object = {}) => parse(given).data as Acme;
const wanted = (given: object, secrets = {}) =>
  acme.render?.({ acme: settings(given) }, { facts: trixie, secrets }) ?? {};
const names = (given: object, secrets = {}, part: 'base' | 'private' = 'base') =>
  (wanted(given, secrets)[part] ?? []).map(({ kind, name }) => `${kind} ${name}`);
const unitOf = (given: object, secrets = {}): string =>
  wanted(given, secrets).base?.find(({ name }) => name.endsWith('keelson-acme@.service'))
    ?.content ?? '';

test('without the setting nothing is wanted', () => {
  assert.deepEqual(acme.render?.({}, { facts: trixie }), {});
});

test('the terms of the CA are accepted by who writes so, and by nobody else', () => {
  for (const terms of [undefined, false, 'yes'])
    assert.match(
      JSON.stringify(parse({ terms }).error?.issues),
      /is not true; read the terms of the CA, such as https:\/\/letsencrypt.org\/repository\//,
    );
});

test('what speaks with the CA is no root, and has of secrets those alone that it needs', () => {
  assert.match(unitOf({}), /^User=keelson-acme$/m);
  assert.doesNotMatch(unitOf({}), /LoadCredential|KEELSON_DNS|BindReadOnlyPaths/);
  const given = { dns: { command: '/usr/local/bin/zone' }, ca };
  const all = unitOf(given, { acmeAccount: pem('PRIVATE KEY'), acmeDns: 'token' });
  assert.match(all, /^LoadCredential=account:\/etc\/keelson\/acme\/account$/m);
  assert.match(all, /^LoadCredential=dns:\/etc\/keelson\/acme\/dns$/m);
  assert.match(all, /^Environment=KEELSON_DNS=\/usr\/local\/bin\/zone$/m);
  assert.match(all, /^BindReadOnlyPaths=\/etc\/keelson\/acme\/ca\.pem:\/etc\/ssl\/certs\//m);
});

test('secrets are in secret files of root’s alone', () => {
  const secrets = { acmeDns: 'token' };
  assert.deepEqual(names({}, {}, 'private'), []);
  assert.deepEqual(names({}, secrets, 'private'), [
    'directory /etc/keelson/acme',
    'file /etc/keelson/acme/dns',
  ]);
  const [, written] = wanted({}, secrets).private ?? [];
  assert.equal(written?.state.mode, '0600');
  assert.equal(written?.instructions?.['@secret'], 'yes');
  assert.doesNotMatch(JSON.stringify(wanted({}, secrets).base), /token/);
});

test('a certificate is for all names, in an order of their own, from the CA that is set', () => {
  const { state, instructions } = acmeCertificate(
    'shop',
    ['b.example.com', 'a.example.com'],
    settings(),
  );
  assert.deepEqual(state, {
    domains: 'a.example.com,b.example.com',
    from: 'https://acme-v02.api.letsencrypt.org/directory',
    key: 'ecdsa',
    profile: 'default',
    valid: 'yes',
  });
  assert.deepEqual(instructions, { '@challenge': 'http-01', '@contact': contact });
  const byDns = acmeCertificate(
    'shop',
    ['*.example.com'],
    settings({ dns: { command: '/bin/zone' } }),
  );
  assert.equal(byDns.instructions?.['@challenge'], 'dns-01');
});
