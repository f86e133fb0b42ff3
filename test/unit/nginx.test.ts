import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderNginx, renderSite } from '../../components/server/nginx.ts';
import { serverSchema } from '../../components/server/server.ts';
import { find, lines, shop, textOf, trixie } from './shop.ts';

const site = (given: object = {}, ports = [4190, 4191]) => renderSite(shop(given), ports);
const conf = (given: object = {}, ports?: number[]): string =>
  textOf(site(given, ports), '/etc/nginx/keelson.d/shop.conf');

/** The directives of a location, by its own line. */
function location(text: string, head: string): string[] {
  const all = lines(text);
  const from = all.indexOf(`location ${head} {`);
  assert.ok(from >= 0, `no location ${head}`);
  return all.slice(from + 1, all.indexOf('}', from));
}

function server(given: object = {}, facts = trixie) {
  const parsed = serverSchema.parse({ address: 'web1.example.com', nginx: given });
  const manifest = renderNginx(parsed, facts).find(({ name }) => name === 'nginx');
  assert.ok(manifest);
  return manifest.items;
}

test('the upstream is exactly the instances, none of which is ever held for dead', () => {
  assert.deepEqual(lines(conf()).slice(0, 6), [
    'upstream shop {',
    'zone shop 128k;',
    'least_conn;',
    'server 127.0.0.1:4190 max_fails=0;',
    'server 127.0.0.1:4191 max_fails=0;',
    '}',
  ]);
  assert.equal(conf({}, [1, 2, 3]).match(/max_fails=0;/g)?.length, 3);
  // Pooled connections would pass by a drain.
  assert.doesNotMatch(conf(), /^\s*keepalive /m);
});

test('a request that an instance refused is asked of the next, one that it began on is not', () => {
  const all = lines(conf());
  for (const line of [
    'proxy_next_upstream error timeout;',
    'proxy_connect_timeout 2s;',
    'proxy_set_header Host $keelson_host;',
    'proxy_set_header X-Forwarded-Host $keelson_host;',
    'proxy_set_header Upgrade $keelson_upgrade;',
    'proxy_set_header Connection $keelson_connection;',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Proto $keelson_scheme;',
  ])
    assert.ok(all.includes(line), line);
  assert.doesNotMatch(conf(), /non_idempotent/);
});

test('settings and the directives that they bring', () => {
  const table: [object, string][] = [
    [{ bodySize: '2G' }, 'client_max_body_size 2G;'],
    [{ timeout: '5m' }, 'proxy_read_timeout 300s;'],
    [{ buffering: false }, 'proxy_buffering off;'],
    [{ gzip: false }, 'gzip off;'],
    [{ domains: ['a.de', '*.b.de'] }, 'server_name a.de *.b.de;'],
    [{ domains: ['default'] }, 'listen 80 default_server;'],
    [{ domains: ['default'] }, 'server_name _;'],
    [
      { rateLimit: { requests: 5 } },
      'limit_req_zone $binary_remote_addr zone=shop_clients:10m rate=5r/s;',
    ],
    [{ rateLimit: { requests: 5, burst: 7 } }, 'limit_req zone=shop_clients burst=7 nodelay;'],
  ];
  for (const [given, wanted] of table) {
    assert.ok(lines(conf(given)).includes(wanted), wanted);
    assert.ok(!lines(conf()).includes(wanted), `${wanted} without ${JSON.stringify(given)}`);
  }
});

test('a health check that succeeds is not logged, also when it carries a query', () => {
  const log = 'access_log /var/log/nginx/shop.access.log keelson if=$keelson_failed;';
  const pass = 'proxy_pass http://shop;';
  assert.deepEqual(location(conf({ health: '/health?deep=1' }), '= /health'), [log, pass]);
});

test('health checks have a limit of their own, as long as there is any', () => {
  const text = conf({ health: '/health', rateLimit: { requests: 1 } });
  assert.deepEqual(location(text, '= /health').slice(1, 3), [
    'limit_req zone=shop_health burst=20 nodelay;',
    'limit_req_status 429;',
  ]);
  assert.match(text, /^limit_req_zone \$binary_remote_addr zone=shop_health:1m rate=10r\/s;$/m);
});

test('static files: of this release, else of the one before, else the app’s', () => {
  const text = conf({ static: { '/': 'public', '/a.b': 'dist/a' } });
  const heads = lines(text).filter((line) => line.startsWith('location ~'));
  // The longest path first; a dot is a dot.
  assert.deepEqual(heads, [
    'location ~ ^/a\\.b/(?<file>.*[^/])$ {',
    'location ~ ^/(?<file>.*[^/])$ {',
  ]);
  assert.deepEqual(location(text, '~ ^/a\\.b/(?<file>.*[^/])$'), [
    'root /srv/shop/public;',
    'try_files /current/dist/a/$file /previous/dist/a/$file @app;',
  ]);
  assert.deepEqual(location(text, '@app'), ['proxy_pass http://shop;']);
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
  const text = conf({ maintenance: 'Back at noon', health: '/health', static: { '/a': 'a' } });
  const closed = location(text, '/');
  assert.deepEqual(closed.slice(0, 4), [
    'client_max_body_size 0;',
    'default_type text/html;',
    'add_header Retry-After 120 always;',
    'add_header Cache-Control no-store always;',
  ]);
  assert.match(closed.join('\n'), /return 503 '<!doctype html>[^']*<p>Back at noon<\/p>[^']*';$/);
  assert.equal(text.match(/proxy_pass/g)?.length, 1);
  assert.equal(location(text, '= /health').at(-1), 'proxy_pass http://shop;');
  assert.doesNotMatch(conf({ maintenance: true }), /proxy_pass|location ~/);
});

test('the default server comes first and answers nobody but Monit', () => {
  const items = server();
  const sites = items.filter(({ name }) => name.startsWith('/etc/nginx/keelson.d/'));
  assert.deepEqual(
    sites.map(({ name }) => name),
    ['/etc/nginx/keelson.d/0-default.conf'],
  );
  const text = sites[0]?.content ?? '';
  assert.deepEqual(location(text, '/'), ['return 444;']);
  assert.match(text, /server_name keelson\.localhost;/);
  assert.equal(find(items, 'absent', '/etc/nginx/sites-enabled/default').kind, 'absent');
});

test('limits: twice the files that connections need, for workers and unit alike', () => {
  const items = server({ connections: 1000 });
  const main = lines(textOf(items, '/etc/nginx/nginx.conf'));
  assert.ok(main.includes('worker_connections 1000;'));
  assert.ok(main.includes('worker_rlimit_nofile 4000;'));
  const dropin = textOf(items, '/etc/systemd/system/nginx.service.d/keelson.conf');
  assert.deepEqual(lines(dropin), [
    '[Service]',
    'Restart=on-failure',
    'RestartSec=1s',
    'LimitNOFILE=4000',
  ]);
});

test('as many workers as the host may use cores', () => {
  const main = lines(textOf(server({}, { ...trixie, cores: 3 }), '/etc/nginx/nginx.conf'));
  assert.ok(main.includes('worker_processes 3;'));
});

test('only a load balancer that is named is believed about the client', () => {
  assert.doesNotMatch(textOf(server(), '/etc/nginx/nginx.conf'), /real_ip/);
  const main = lines(textOf(server({ balancers: ['10.0.0.0/8'] }), '/etc/nginx/nginx.conf'));
  for (const line of [
    'set_real_ip_from 10.0.0.0/8;',
    '10.0.0.0/8 1;',
    'real_ip_header X-Forwarded-For;',
  ])
    assert.ok(main.includes(line), line);
});

test('logs are kept as long as the stack file says', () => {
  const rotation = textOf(server({ logs: 30 }), '/etc/logrotate.d/nginx');
  for (const line of ['rotate 720', 'maxage 30']) assert.ok(lines(rotation).includes(line), line);
});

test('every file of nginx is checked by nginx before it takes effect, and a reload tells it', () => {
  const items = [...server(), ...site({ maintenance: false })];
  for (const item of items.filter(
    ({ kind, name }) => kind === 'file' && name.startsWith('/etc/nginx'),
  ))
    assert.equal(item.instructions?.['@check'], 'nginx', item.name);
  assert.equal(find(items, 'unit', 'nginx.service').instructions?.['@change'], 'reload');
});
