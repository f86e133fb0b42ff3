import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirects } from '../../../components/app/redirects.ts';
import { site } from '../../../components/app/site.ts';
import { items, lines, shop, textOf, web1 } from '../shop.ts';

const conf = (given: object): string[] =>
  lines(
    textOf(
      items(site.render?.(shop(given), { instances: [3700], server: web1() })),
      '/etc/nginx/keelson.d/shop.conf',
    ),
  );

test('old paths lead to new ones, with their query unless the new one has its own', () => {
  const to = { '/old': '/new', '/q': '/new?a=b', '/away': 'https://example.com/' };
  const text = conf({ redirects: to });
  const answers = text.flatMap((line, index) =>
    line.startsWith('return 301') ? [`${text[index - 1]} ${line}`] : [],
  );
  assert.deepEqual(answers, [
    'location = /old { return 301 "$keelson_scheme://$keelson_host/new$is_args$args";',
    'location = /q { return 301 "$keelson_scheme://$keelson_host/new?a=b";',
    'location = /away { return 301 "https://example.com/$is_args$args";',
  ]);
  assert.ok(!conf({ redirects: to, maintenance: true }).join().includes('return 301'));
});

test('other domains are sent to the first that is one', () => {
  const text = conf({
    domains: ['default', '*.example.com', 'shop.example.com'],
    redirectFrom: ['www.shop.example.com', 'old.example.com'],
  });
  const from = text.lastIndexOf('server {');
  assert.deepEqual(text.slice(from + 1), [
    'listen 80;',
    'listen [::]:80;',
    'server_name www.shop.example.com old.example.com;',
    'access_log /var/log/nginx/shop.access.log keelson;',
    'error_log /var/log/nginx/shop.error.log;',
    'include /etc/nginx/keelson.d/shop.aliases*;',
    'location / {',
    'return 301 $keelson_scheme://shop.example.com$request_uri;',
    '}',
    '}',
  ]);
  assert.equal(conf({}).filter((line) => line === 'server {').length, 1);
});

test('what cannot be redirected is told', () => {
  const told = (given: object) =>
    redirects.conflicts?.([shop(given)], { server: web1(), secrets: {} });
  assert.deepEqual(told({ redirects: { '/old': '/new' }, redirectFrom: ['a.de'] }), []);
  assert.deepEqual(told({ health: '/health?x', redirects: { '/health': '/a', '/a': '/a' } }), [
    'apps.shop.redirects./health: is the health path, which the app answers; choose another',
    'apps.shop.redirects./a: leads to itself; give another path',
  ]);
  assert.deepEqual(told({ domains: ['default'], redirectFrom: ['default', 'a.de'] }), [
    'apps.shop.redirectFrom.0: "default" cannot be sent away; put it into domains',
    'apps.shop.redirectFrom: there is no domain to send to; name one in domains',
  ]);
});
