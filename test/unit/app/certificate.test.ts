import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificate } from '../../../components/app/certificate.ts';
import type { Neighbours } from '../../../components/app/component.ts';
import type { Acme } from '../../../components/server/acme.ts';
import { context, items, shop, web1 } from '../shop.ts';

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
        'apps.shop.domains.1: "192.0.2.1" is an address, for which there is no certificate by ACME; take it out, or write tls: off',
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
