import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwards } from '../../../components/app/forwards.ts';
import { site } from '../../../components/app/site.ts';
import { complaints, items, lines, shop, textOf, web1 } from '../shop.ts';

const conf = (given: object): string[] =>
  lines(
    textOf(
      items(site.render?.(shop(given), { instances: [3700], server: web1() })),
      '/etc/nginx/keelson.d/shop.conf',
    ),
  );
const set = (given: object, name: string): string[] =>
  conf(given).filter((line) => line.toLowerCase().startsWith(`proxy_set_header ${name} `));

test('what only a proxy can say is taken out of a request', () => {
  for (const name of `forwarded x-forwarded-port x-forwarded-prefix x-forwarded-server x-forwarded-ssl x-forwarded-user
    x-forwarded-path x-forwarded-uri x-original-url x-rewrite-url x-original-host x-client-ip x-cluster-client-ip
    true-client-ip cf-connecting-ip fastly-client-ip x-remote-user proxy x-accel-redirect x-accel-mapping`.split(
    /\s+/,
  ))
    assert.deepEqual(set({}, name), [`proxy_set_header ${name} "";`], name);
});

test('each header is set once', () => {
  const names = conf({ forwards: ['X-Forwarded-Prefix', 'X-Mine'] })
    .filter((line) => line.startsWith('proxy_set_header '))
    .map((line) => line.split(' ')[1]?.toLowerCase());
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test('what the stack file names passes when a load balancer sent it', () => {
  const given = { forwards: ['X-Mine', 'X-Forwarded-Prefix'] };
  const all = conf(given);
  const from = all.indexOf("set $keelson_via_1 '';");
  assert.deepEqual(all.slice(from + 1, from + 4), [
    'if ($keelson_balanced) {',
    'set $keelson_via_1 $http_x_forwarded_prefix;',
    '}',
  ]);
  // Before what people add, which may end here what a server does at first.
  assert.ok(from > 0 && from < all.indexOf('include /etc/nginx/keelson.d/shop/*.conf;'));
  assert.deepEqual(set(given, 'x-forwarded-prefix'), [
    'proxy_set_header X-Forwarded-Prefix $keelson_via_1;',
  ]);
  assert.deepEqual(set(given, 'x-mine'), ['proxy_set_header X-Mine $keelson_via_0;']);
  assert.deepEqual(set({}, 'x-mine'), []);
});

test('what nginx says itself, and what is of one connection alone, cannot be named', () => {
  for (const name of ['X-Forwarded-For', 'host', 'Upgrade', 'Transfer-Encoding', 'Proxy'])
    assert.deepEqual(complaints({ start: 'a.js', forwards: ['X-A', name] }), [
      'forwards.1 is said by nginx itself; leave it out',
    ]);
  assert.match(complaints({ forwards: ['X A'] }).join(), /is not the name of a header/);
  assert.match(complaints({ forwards: ['X-A', 'x-a'] }).join(), /names a header twice/);
});

test('where no load balancer is named, nobody could send it', () => {
  const told = (balancers: string[]) =>
    forwards.conflicts?.([shop({ forwards: ['X-A'] }), shop()], {
      server: web1({ nginx: { balancers } }),
      secrets: {},
    });
  assert.deepEqual(told([]), [
    'apps.shop.forwards: nobody may send X-A to web1; name the load balancers in front of it in nginx.balancers',
  ]);
  assert.deepEqual(told(['10.0.0.0/8']), []);
});
