import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tls } from '../../../components/app/tls.ts';
import {
  bookworm,
  context,
  items,
  lines,
  type manual,
  names,
  shop,
  textOf,
  trixie,
  web1,
} from '../shop.ts';

const own = { certificate: 'shop.pem', key: 'shop.key' };
const acme = { ...web1(), acme: {} } as ReturnType<typeof web1>;

const rendered = (app: ReturnType<typeof shop> | ReturnType<typeof manual>, given = {}) =>
  items(tls.render?.(app, context(app, given)));

test('a site is served by https where its stack file says so, or the server has ACME', () => {
  assert.deepEqual(rendered(shop()), []);
  assert.deepEqual(rendered(shop({ tls: 'off' }), { server: acme }), []);
  const expected = [
    'directory /etc/keelson/tls',
    'directory /etc/keelson/tls/shop',
    'file /etc/nginx/keelson.d/0-default-tls.conf',
    'file /etc/nginx/keelson.d/shop.tls',
  ];
  for (const given of [{ tls: 'acme' }, { tls: own }])
    assert.deepEqual(names(rendered(shop(given))), expected);
  assert.deepEqual(names(rendered(shop(), { server: acme })), expected);
});

test('HTTP/2 and key exchange are those of the Debian at hand', () => {
  const said = (facts: typeof trixie) =>
    lines(textOf(rendered(shop({ tls: own }), { facts }), '/etc/nginx/keelson.d/shop.tls'));
  assert.deepEqual(said(bookworm).slice(0, 2), [
    'listen 443 ssl http2;',
    'listen [::]:443 ssl http2;',
  ]);
  assert.ok(said(bookworm).includes('ssl_ecdh_curve X25519:prime256v1:secp384r1;'));
  assert.deepEqual(said(trixie).slice(0, 3), [
    'listen 443 ssl;',
    'listen [::]:443 ssl;',
    'http2 on;',
  ]);
  assert.ok(said(trixie).includes('ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;'));
});
