import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balanced } from '../../../components/app/balanced.ts';
import { site } from '../../../components/app/site.ts';
import { nginx } from '../../../components/server/nginx.ts';
import { context, items, lines, names, shop, textOf, trixie, web1 } from '../shop.ts';

const checks = {
  balancers: ['10.0.0.0/8'],
  balancerChecks: { interval: '10s', fall: 2, rise: 3 },
};

function wanted(given: object = {}, server: object = checks) {
  const app = shop(given);
  return items(balanced.render?.(app, context(app, { server: web1({ nginx: server }) })));
}
const location = (given: object = {}) =>
  lines(textOf(wanted(given), '/etc/nginx/keelson.d/shop.health'));

test('what load balancers ask for is a file of its own, to the letter', () => {
  assert.deepEqual(names(wanted()), ['file /etc/nginx/keelson.d/shop.health']);
  assert.deepEqual(location({ health: '/health?deep=1' }), [
    'location = /keelson-health/shop {',
    'if ($keelson_balanced = 0) {',
    'return 404;',
    '}',
    'if (-f /run/keelson-leaving.shop) {',
    'return 503;',
    '}',
    'access_log /var/log/nginx/shop.access.log keelson if=$keelson_failed;',
    'error_log /var/log/nginx/shop.error.log;',
    'proxy_http_version 1.1;',
    'proxy_set_header Host shop.example.com;',
    'proxy_set_header X-Forwarded-Proto https;',
    'proxy_set_header Connection close;',
    'proxy_connect_timeout 2s;',
    'proxy_read_timeout 5s;',
    'proxy_next_upstream error timeout;',
    'proxy_pass http://shop/health?deep=1;',
    '}',
  ]);
});

test('an app whose good answer is a redirect is asked as over http', () => {
  assert.ok(
    location({ rollout: { status: 301 } }).includes('proxy_set_header X-Forwarded-Proto http;'),
  );
});

const include = 'include /etc/nginx/keelson.d/*.health;';

/** How often load balancers are answered by the default server, and by a site of its own name. */
function included(server: object): number[] {
  const app = shop();
  const host = { server: web1({ nginx: server }), facts: trixie };
  const texts = [
    textOf(items(nginx.render?.(host.server, host)), '/etc/nginx/keelson.d/0-default.conf'),
    textOf(items(site.render?.(app, context(app, host))), '/etc/nginx/keelson.d/shop.conf'),
  ];
  return texts.map((text) => lines(text).filter((line) => line === include).length);
}

test('they may ask by an address or by any name, and nobody where they are not told', () => {
  assert.deepEqual(included(checks), [1, 1]);
  const { balancerChecks: _, ...untold } = checks;
  assert.deepEqual(included(untold), [0, 0]);
  assert.deepEqual(wanted({}, untold), []);
});
