import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pages } from '../../../components/app/pages.ts';
import { site } from '../../../components/app/site.ts';
import { complaints, context, items, lines, manual, shop, textOf, web1 } from '../shop.ts';

/** The lines of the site that say something of headers of answers. */
const said = (given: object): string[] => {
  const wanted = site.render?.(shop(given), { instances: [3700], server: web1() });
  return lines(textOf(items(wanted), '/etc/nginx/keelson.d/shop.conf')).filter((line) =>
    /^(add_header|proxy_hide_header)/.test(line),
  );
};

const standard = [
  'add_header X-Content-Type-Options "$keelson_nosniff" always;',
  'add_header X-Frame-Options "$keelson_frames" always;',
  'add_header Referrer-Policy "$keelson_referrer" always;',
];
const [nosniff, , referrer] = standard;

test('some headers are in every answer in which the app has no word of its own', () => {
  assert.deepEqual(said({}), standard);
  assert.deepEqual(said({ maintenance: true }), [
    ...standard,
    'add_header Retry-After 120 always;',
    'add_header Cache-Control no-store always;',
    ...standard,
  ]);
});

test('over TLS browsers are told to come back so, unless the stack file says otherwise', () => {
  const tls = { certificate: 'a.pem', key: 'a.key' };
  const hsts = 'add_header Strict-Transport-Security "$keelson_hsts" always;';
  assert.deepEqual(said({ tls }), [...standard, hsts]);
  const headers = { 'strict-transport-security': false };
  assert.deepEqual(said({ tls, headers }), standard);
});

test('a header is in every answer, in place of the app’s own of that name', () => {
  assert.deepEqual(said({ headers: { 'X-Frame-Options': 'DENY', Report: '{"a": "\\\\"}' } }), [
    'proxy_hide_header X-Frame-Options;',
    'add_header X-Frame-Options "DENY" always;',
    'proxy_hide_header Report;',
    'add_header Report "{\\"a\\": \\"\\\\\\\\\\"}" always;',
    nosniff,
    referrer,
  ]);
});

test('`false` leaves out one that every site has, and so does frame-ancestors', () => {
  assert.deepEqual(said({ headers: { 'x-frame-options': false } }), [nosniff, referrer]);
  const policy = { 'Content-Security-Policy': "frame-ancestors 'self'" };
  assert.deepEqual(said({ headers: policy }).slice(2), [nosniff, referrer]);
});

test('a location with headers of its own says those of the site too, but for its own', () => {
  const headers = { 'X-Frame-Options': 'DENY', 'content-security-policy': "default-src 'self'" };
  assert.deepEqual(said({ headers, uploads: { '/u': 'u' } }).slice(6), [
    'add_header X-Content-Type-Options nosniff;',
    `add_header Content-Security-Policy "default-src 'none'; style-src 'unsafe-inline'; sandbox";`,
    'add_header X-Frame-Options "DENY" always;',
    referrer,
  ]);
  const closed = { 'X-Frame-Options': 'DENY', 'Cache-Control': 'public' };
  assert.deepEqual(said({ headers: closed, maintenance: true }).slice(6), [
    'add_header Retry-After 120 always;',
    'add_header Cache-Control no-store always;',
    'add_header X-Frame-Options "DENY" always;',
    nosniff,
    referrer,
  ]);
});

test('every location of a static site has them', () => {
  const wanted = items(pages.render?.(manual(), context(manual())));
  const all = lines(textOf(wanted, '/etc/nginx/keelson.d/manual.conf'));
  const places = all.filter((line) => line === 'add_header Cache-Control $keelson_cache;').length;
  assert.equal(places, 2);
  for (const header of standard)
    assert.equal(all.filter((line) => line === header).length, 1 + places, header);
});

test('what nginx or the app must say itself is refused', () => {
  for (const name of ['Content-Length', 'set-cookie', 'Connection', 'LOCATION'])
    assert.equal(complaints({ start: 'a.js', headers: { [name]: 'x' } }).length, 1, name);
});
