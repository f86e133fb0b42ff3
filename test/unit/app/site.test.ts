import assert from 'node:assert/strict';
import { test } from 'node:test';
import { site } from '../../../components/app/site.ts';
import { find, items, lines, names, ownLines, shop, textOf, web1 } from '../shop.ts';

const wanted = (given: object = {}, instances = [3700, 3701], nginx: object = {}) =>
  site.render?.(shop(given), { instances, server: web1({ nginx }) }) ?? {};
const conf = (given: object = {}, instances?: number[]): string =>
  textOf(items(wanted(given, instances)), '/etc/nginx/keelson.d/shop.conf');

/** The directives of a location, by its own line. */
function location(text: string, head: string): string[] {
  const all = ownLines(text);
  const from = all.indexOf(`location ${head} {`);
  assert.ok(from >= 0, `no location ${head}`);
  return all.slice(from + 1, all.indexOf('}', from));
}

test('a site is a file that nginx reads first, and a directory for what people add', () => {
  const { site: own = [], ...rest } = wanted();
  assert.deepEqual(names(own), [
    'directory /etc/nginx/keelson.d/shop',
    'file /etc/nginx/keelson.d/shop.conf',
  ]);
  // What lies there is theirs: no @whole, and it goes when it is empty.
  assert.deepEqual(own[0]?.instructions, { '@theirs': 'yes' });
  assert.deepEqual(own[1]?.instructions, { '@check': 'nginx', '@serves': 'shop.example.com' });
  assert.deepEqual(rest, { last: [] });
  assert.ok(lines(conf()).includes('include /etc/nginx/keelson.d/shop/*.conf;'));
});

test('a site logs its requests, unless nginx is told not to', () => {
  const logged = (accessLog: string) =>
    lines(
      textOf(
        items(
          wanted({ health: '/health', redirectFrom: ['b.example.com'] }, [3700], { accessLog }),
        ),
        '/etc/nginx/keelson.d/shop.conf',
      ),
    ).filter((line) => line.startsWith('access_log'));
  const file = 'access_log /var/log/nginx/shop.access.log keelson';
  assert.deepEqual(logged('json'), [`${file};`, `${file} if=$keelson_logged;`, `${file};`]);
  assert.deepEqual(logged('off'), ['access_log off;', 'access_log off;']);
});

test('the upstream is exactly the instances, none of which is ever held for dead', () => {
  assert.deepEqual(lines(conf()).slice(0, 6), [
    'upstream shop {',
    'zone shop 128k;',
    'least_conn;',
    'server 127.0.0.1:3700 max_fails=0;',
    'server 127.0.0.1:3701 max_fails=0;',
    '}',
  ]);
  assert.equal(conf({}, [1, 2, 3]).match(/max_fails=0;/g)?.length, 3);
  // Pooled connections would pass by a drain.
  assert.doesNotMatch(conf(), /^\s*keepalive /m);
});

test('a request that an instance refused is asked of the next for ten seconds, one that it began on is not', () => {
  const proxied = lines(conf()).filter((line) => /^proxy_(?!set_header .* "";)/.test(line));
  assert.deepEqual(proxied, [
    'proxy_http_version 1.1;',
    'proxy_set_header Host $keelson_host;',
    'proxy_set_header X-Real-IP $remote_addr;',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Host $keelson_host;',
    'proxy_set_header X-Forwarded-Proto $keelson_scheme;',
    'proxy_set_header Upgrade $keelson_upgrade;',
    'proxy_set_header Connection $keelson_connection;',
    'proxy_headers_hash_max_size 1024;',
    'proxy_headers_hash_bucket_size 128;',
    'proxy_ignore_headers X-Accel-Charset X-Accel-Expires X-Accel-Limit-Rate;',
    'proxy_connect_timeout 2s;',
    'proxy_read_timeout 60s;',
    'proxy_send_timeout 60s;',
    'proxy_buffering on;',
    'proxy_buffer_size 20k;',
    'proxy_buffers 8 4k;',
    'proxy_busy_buffers_size 20k;',
    'proxy_next_upstream error timeout;',
    'proxy_next_upstream_timeout 30s;',
    'proxy_pass http://shop;',
  ]);
});

test('the headers of an answer may be as long as those that Node.js takes, and longer where the server says so', () => {
  for (const size of [16, 32, 64, 128, 256]) {
    const text = textOf(
      items(wanted({}, [3700], { headerSize: `${size}K` })),
      '/etc/nginx/keelson.d/shop.conf',
    );
    const kilobytes = (directive: string): number =>
      Number(new RegExp(`^\\s*${directive} (?:8 )?(\\d+)k;$`, 'm').exec(text)?.[1]);
    assert.ok(kilobytes('proxy_buffer_size') > size);
    // What nginx asks of the three beside each other.
    assert.ok(kilobytes('proxy_busy_buffers_size') >= kilobytes('proxy_buffer_size'));
    assert.ok(kilobytes('proxy_busy_buffers_size') < 7 * kilobytes('proxy_buffers'));
  }
});

test('text is compressed, for proxies and caches too, unless the stack file says otherwise', () => {
  const packed = lines(conf()).filter((line) => line.startsWith('gzip'));
  assert.deepEqual(packed.slice(0, 5), [
    'gzip on;',
    'gzip_vary on;',
    'gzip_proxied any;',
    'gzip_comp_level 5;',
    'gzip_min_length 1024;',
  ]);
  assert.match(packed[5] ?? '', /^gzip_types .*\btext\/css\b/);
  assert.deepEqual(
    lines(conf({ gzip: false })).filter((line) => line.startsWith('gzip')),
    ['gzip off;'],
  );
});

test('settings and the directives that they bring', () => {
  const table: [object, string][] = [
    [{ bodySize: '2G' }, 'client_max_body_size 2G;'],
    [{ timeout: '5m' }, 'proxy_read_timeout 300s;'],
    [{ timeout: '5m' }, 'proxy_send_timeout 300s;'],
    [{ buffering: false }, 'proxy_buffering off;'],
    [{ domains: ['a.de', '*.b.de'] }, 'server_name a.de *.b.de;'],
    [{ domains: ['default'] }, 'listen 80 default_server;'],
    [{ domains: ['default'] }, 'listen [::]:80 default_server;'],
    [{ domains: ['default'] }, 'server_name _;'],
    [
      { rateLimit: { requests: 5 } },
      'limit_req_zone $keelson_client zone=shop_requests:10m rate=5r/s;',
    ],
    [{ rateLimit: { requests: 5, burst: 7 } }, 'limit_req zone=shop_requests burst=7 nodelay;'],
    [{ rateLimit: { requests: 5, burst: 0 } }, 'limit_req zone=shop_requests;'],
  ];
  for (const [given, wanted] of table) {
    assert.ok(lines(conf(given)).includes(wanted), wanted);
    assert.ok(!lines(conf()).includes(wanted), `${wanted} without ${JSON.stringify(given)}`);
  }
});

test('a health check that succeeds is not logged, also when it carries a query', () => {
  const text = conf({ health: '/health?deep=1' });
  const log = 'access_log /var/log/nginx/shop.access.log keelson if=$keelson_logged;';
  const pass = 'proxy_pass http://shop;';
  assert.deepEqual(location(text, '= /health'), [log, pass]);
  // Before what people add, which may end here what a server does at first.
  const all = lines(text);
  const told = all.indexOf('set $keelson_health /health;');
  assert.ok(told > 0 && told < all.indexOf('include /etc/nginx/keelson.d/shop/*.conf;'));
  assert.doesNotMatch(conf(), /location = |keelson_logged|keelson_health/);
});

test('health checks have a limit of their own, as long as there is any', () => {
  const text = conf({ health: '/health', rateLimit: { requests: 1 } });
  assert.deepEqual(location(text, '= /health').slice(1, 4), [
    'limit_req zone=shop_probes burst=20 nodelay;',
    'limit_req zone=shop_requests burst=50 nodelay;',
    'limit_req_status 429;',
  ]);
  assert.ok(lines(text).includes('limit_req_zone $keelson_prober zone=shop_probes:1m rate=10r/s;'));
  assert.doesNotMatch(conf({ health: '/health' }), /limit_req/);
});

test('whoever asks too often gets 429, also for what is no static file', () => {
  const text = conf({ rateLimit: { requests: 5, burst: 7 }, static: { '/a': 'a' } });
  const limited = [
    'limit_req zone=shop_requests burst=7 nodelay;',
    'limit_req_status 429;',
    'proxy_pass http://shop;',
  ];
  assert.deepEqual(location(text, '/'), limited);
  assert.deepEqual(location(text, '@app'), limited);
});

test('uploads: no links followed, nothing run in the site’s name', () => {
  assert.deepEqual(location(conf({ uploads: { '/media/': 'media' } }), '^~ /media/'), [
    'alias /srv/shop/media/;',
    'disable_symlinks on from=/srv/shop/media;',
    'add_header X-Content-Type-Options nosniff;',
    `add_header Content-Security-Policy "default-src 'none'; style-src 'unsafe-inline'; sandbox";`,
  ]);
});

test('maintenance: 503 with a page and Retry-After for all but the health path', () => {
  const given = { health: '/health', static: { '/a': 'a' }, uploads: { '/u': 'u' } };
  const text = conf({ ...given, maintenance: 'Back at noon' });
  const closed = location(text, '/');
  assert.deepEqual(closed.slice(0, 4), [
    'client_max_body_size 0;',
    'default_type text/html;',
    'add_header Retry-After 120 always;',
    'add_header Cache-Control no-store always;',
  ]);
  assert.match(closed.join('\n'), /return 503 '<!doctype html>[^']*<p>Back at noon<\/p>[^']*';$/);
  assert.deepEqual(
    lines(text)
      .slice(lines(text).indexOf('location = /health {') + 2)
      .slice(0, 4),
    [
      'if ($keelson_probe = 0) {',
      'rewrite ^ /keelson-closed last;',
      '}',
      'proxy_pass http://shop;',
    ],
  );
  const heads = lines(text).filter((line) => line.startsWith('location '));
  assert.deepEqual(heads, ['location = /health {', 'location / {']);
  assert.match(conf({ maintenance: true }), /<p>We are working on this site/);
  assert.doesNotMatch(conf({ maintenance: true }), /proxy_pass/);
});

test('the site that answers whoever asks comes after the others, one of which may have been it', () => {
  assert.deepEqual(wanted({ domains: ['shop.example.com', 'default'] }).last, ['site']);
});

test('a URL path belongs to one directory', () => {
  const told = (...apps: ReturnType<typeof shop>[]) =>
    site.conflicts?.(apps, { server: web1(), secrets: {} });
  const paths = { uploads: { '/f': 'a', '/f/': 'b' }, static: { '/f': 'public', '/': 'x' } };
  assert.deepEqual(told(shop(paths)), [
    'apps.shop.uploads./f/: is the URL path of uploads./f too; keep one of them',
    'apps.shop.static./f: is the URL path of uploads./f too; keep one of them',
  ]);
});

test('the file of a site is root’s', () => {
  const { sha256: _, ...state } = find(
    items(wanted()),
    'file',
    '/etc/nginx/keelson.d/shop.conf',
  ).state;
  assert.deepEqual(state, { owner: 'root', group: 'root', mode: '0644' });
});
