import assert from 'node:assert/strict';
import { test } from 'node:test';
import { site } from '../../../components/app/site.ts';
import { complaints, items, lines, shop, textOf, web1 } from '../shop.ts';

/** The file of a site, but for what is there without the setting as well. */
function added(sticky: unknown, name = 'shop'): string[] {
  const conf = (given: object) =>
    lines(
      textOf(
        items(site.render?.({ ...shop(given), name }, { instances: [3700, 3701], server: web1() })),
        `/etc/nginx/keelson.d/${name}.conf`,
      ),
    );
  const without = new Set(conf({}));
  return conf({ sticky }).filter((line) => !without.has(line) && line !== '}');
}

test('by a cookie: nginx gives each client one, and believes none that it did not give', () => {
  assert.deepEqual(added('cookie', 'my-shop'), [
    'map $cookie_keelson $keelson_by_my_shop {',
    'default $request_id;',
    '"~^[0-9a-f]{32}$" $cookie_keelson;',
    'map "$keelson_sent$keelson_scheme $cookie_keelson" $keelson_cookie_my_shop {',
    "~^away '';",
    'default "keelson=$request_id; Path=/; HttpOnly; SameSite=Lax";',
    `"~ [0-9a-f]{32}$" '';`,
    '~^https "keelson=$request_id; Path=/; HttpOnly; SameSite=Lax; Secure";',
    'hash $keelson_by_my_shop consistent;',
    'add_header Set-Cookie $keelson_cookie_my_shop always;',
  ]);
});

test('by the client’s address, which is the one that a load balancer tells', () => {
  assert.deepEqual(added('address'), ['hash $remote_addr consistent;']);
});

test('by what a request says; who says nothing of it gets any instance', () => {
  const by = (value: string) => [
    `map ${value} $keelson_by_shop {`,
    `default ${value};`,
    `'' $request_id;`,
    'hash $keelson_by_shop consistent;',
  ];
  assert.deepEqual(added({ query: 'room' }), by('$arg_room'));
  assert.deepEqual(added({ header: 'X-Tenant-Id' }), by('$http_x_tenant_id'));
});

test('by a cookie of the app’s own, whatever its name, and by a part of the path', () => {
  const by = (from: string, pattern: string) => [
    `map ${from} $keelson_by_shop {`,
    'default $request_id;',
    `"${pattern}" $keelson_of_shop;`,
    'hash $keelson_by_shop consistent;',
  ];
  assert.deepEqual(
    added({ cookie: 'connect.sid' }),
    by('$http_cookie', '~(?:^|; *)connect\\.sid=(?<keelson_of_shop>[^;]+)'),
  );
  assert.deepEqual(added({ path: 2 }), by('$uri', '~^(?:/+[^/]+){1}/+(?<keelson_of_shop>[^/]+)'));
});

/** What the pattern of a rule finds, by the same syntax in JavaScript. */
function finds(sticky: object, text: string): string | undefined {
  const [, pattern = ''] = /"~(.*)" \$keelson_of_shop;/.exec(added(sticky).join('\n')) ?? [];
  return new RegExp(pattern).exec(text)?.groups?.keelson_of_shop;
}

test('the cookie of that name is found and no other; a part of the path is found alone', () => {
  for (const [cookies, found] of [
    ['connect.sid=a1', 'a1'],
    ['b=2; connect.sid=a1; c=3', 'a1'],
    ['xconnect.sid=a1', undefined],
    ['connect-sid=a1', undefined],
    ['connect.sid=', undefined],
  ] as const)
    assert.equal(finds({ cookie: 'connect.sid' }, cookies), found, cookies);
  for (const [path, found] of [
    ['/rooms/42/join', '42'],
    ['/rooms/42', '42'],
    ['/rooms//42', '42'],
    ['/rooms/', undefined],
    ['/', undefined],
  ] as const)
    assert.equal(finds({ path: 2 }, path), found, path);
});

test('refused: what nginx has no variable for', () => {
  for (const sticky of [
    'hash',
    { query: 'a-b' },
    { query: 'a;b' },
    { header: 'a b' },
    { cookie: 'a=b' },
    { cookie: 'a"b' },
    { path: 0 },
    { path: '/rooms' },
    { cookie: 'a', path: 1 },
    {},
    { by: 'x' },
  ])
    assert.match(complaints({ start: 'a.js', sticky }).join(), /^sticky/, JSON.stringify(sticky));
});
