import assert from 'node:assert/strict';
import { test } from 'node:test';
import { site } from '../../../components/app/site.ts';
import { complaints, items, lines, shop, textOf, web1 } from '../shop.ts';

/** The lines of the site that say something of headers of answers. */
const said = (given: object): string[] => {
  const wanted = site.render?.(shop(given), { instances: [3700], server: web1() });
  return lines(textOf(items(wanted), '/etc/nginx/keelson.d/shop.conf')).filter((line) =>
    /^(add_header|proxy_hide_header)/.test(line),
  );
};

test('a header is in every answer, in place of the app’s own of that name', () => {
  assert.deepEqual(said({}), []);
  assert.deepEqual(said({ headers: { 'X-Frame-Options': 'DENY', Report: '{"a": "\\\\"}' } }), [
    'proxy_hide_header X-Frame-Options;',
    'add_header X-Frame-Options "DENY" always;',
    'proxy_hide_header Report;',
    'add_header Report "{\\"a\\": \\"\\\\\\\\\\"}" always;',
  ]);
});

test('a location with headers of its own says those of the site too, but for its own', () => {
  const headers = { 'X-Frame-Options': 'DENY', 'content-security-policy': "default-src 'self'" };
  assert.deepEqual(said({ headers, uploads: { '/u': 'u' } }).slice(4), [
    'add_header X-Content-Type-Options nosniff;',
    `add_header Content-Security-Policy "default-src 'none'; style-src 'unsafe-inline'; sandbox";`,
    'add_header X-Frame-Options "DENY" always;',
  ]);
  const closed = { 'X-Frame-Options': 'DENY', 'Cache-Control': 'public' };
  assert.deepEqual(said({ headers: closed, maintenance: true }).slice(4), [
    'add_header Retry-After 120 always;',
    'add_header Cache-Control no-store always;',
    'add_header X-Frame-Options "DENY" always;',
  ]);
});

test('what nginx or the app must say itself is refused', () => {
  for (const name of ['Content-Length', 'set-cookie', 'Connection', 'LOCATION'])
    assert.equal(complaints({ start: 'a.js', headers: { [name]: 'x' } }).length, 1, name);
});
