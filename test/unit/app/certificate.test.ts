import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate } from '../../../components/app/certificate.ts';
import type { Acme } from '../../../components/server/acme.ts';
import { context, items, shop, trixie, web1 } from '../shop.ts';

const settings: Acme = {
  contact: 'ops@example.com',
  terms: true,
  directory: 'https://ca.example.com/dir',
  keyType: 'ecdsa',
  profile: 'default',
};
const server = (acme: Acme | undefined = settings) => ({ ...web1(), acme });
const rendered = (given: object, acme?: Acme) => {
  const app = shop(given);
  return items(certificate.render?.(app, context(app, { server: server(acme) })));
};
test('a site has one certificate for all its names', () => {
  const [item, ...others] = rendered({
    domains: ['shop.example.com', 'default'],
    redirectFrom: ['www.example.com'],
  });
  assert.deepEqual(others, []);
  assert.equal(item?.kind, 'certificate');
  assert.equal(item?.state.domains, 'shop.example.com,www.example.com');
});

test('one without TLS, or with a certificate of its own, asks no CA', () => {
  assert.deepEqual(rendered({ tls: 'off' }), []);
  assert.deepEqual(rendered({ tls: { certificate: 'shop.pem', key: 'shop.key' } }), []);
});

test('what certbot has for a name of the site is left in peace, and what becomes of it is said', () => {
  const noted = (by: string, domains: string[]) => {
    const facts = { ...trixie, certbot: [{ name: 'old', by, domains }] };
    const app = shop();
    return (certificate.notes?.(app, context(app, { server: server(), facts })) ?? []).map(
      ({ text }) => text,
    );
  };
  for (const [by, fate] of [
    ['webroot', 'its renewal fails from now on'],
    ['standalone', 'its renewal clashes with nginx on port 80'],
    ['nginx', 'its renewal edits the file of the site for a moment'],
    ['dns-hetzner', 'its renewal goes on'],
  ] as const)
    assert.deepEqual(noted(by, ['shop.example.com']), [
      `certbot has a certificate for shop too: it is left in peace, and ${fate}; certbot delete --cert-name old ends it, once the site has its own`,
    ]);
  assert.deepEqual(noted('webroot', ['other.example.com']), []);
});
