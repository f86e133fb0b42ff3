import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate } from '../../../components/app/certificate.ts';
import type { Neighbours } from '../../../components/app/component.ts';
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
const conflicts = (given: object, acme: Acme | undefined) =>
  certificate.conflicts?.([shop(given)], {
    server: { ...web1(), acme },
    secrets: {},
  } as Neighbours);

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

test('what no CA certifies is said, with what is to be written', () => {
  const told: [object, Acme | undefined, string[]][] = [
    [{}, settings, []],
    [
      { tls: 'acme' },
      undefined,
      [
        'apps.shop.tls: asks for a certificate by ACME, which the server does not say; give server.acme',
      ],
    ],
    [
      { domains: ['default'] },
      settings,
      ['apps.shop.domains: has no name for a certificate by ACME; add one, or write tls: off'],
    ],
    [
      { domains: ['shop.example.com', '192.0.2.1'] },
      settings,
      [
        'apps.shop.domains.1: "192.0.2.1" is an address, for which there is no certificate by ACME; give a name, or write tls: off',
      ],
    ],
    [
      { domains: ['*.example.com'] },
      settings,
      [
        'apps.shop.domains.0: "*.example.com" is a wildcard, which CAs certify by DNS alone; say in server.acme.dns how, or name the domains',
      ],
    ],
    [{ domains: ['*.example.com'] }, { ...settings, dns: { command: '/bin/zone' } }, []],
    [{ domains: ['default'], tls: 'off' }, settings, []],
  ];
  for (const [given, acme, problems] of told)
    assert.deepEqual(conflicts(given, acme), problems, JSON.stringify(given));
});
