import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unit } from '../../../components/host/kinds.ts';
import { nginx, noticedIn } from '../../../components/server/nginx.ts';
import { find, items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const render = (given: object = {}, facts = trixie) =>
  items(nginx.render?.(web1({ nginx: given }), { facts }));
const main = (given: object = {}, facts = trixie) =>
  lines(textOf(render(given, facts), '/etc/nginx/nginx.conf'));

/** The lines of a block, by its first. */
function block(all: readonly string[], head: string): string[] {
  const from = all.indexOf(head);
  assert.ok(from >= 0, `no ${head}`);
  return all.slice(from + 1, all.indexOf('}', from));
}

test('the default server comes first and answers nobody but Monit', () => {
  const all = render();
  const sites = names(all).filter((name) => name.startsWith('file /etc/nginx/keelson.d/'));
  assert.deepEqual(sites, ['file /etc/nginx/keelson.d/0-default.conf']);
  const text = lines(textOf(all, '/etc/nginx/keelson.d/0-default.conf'));
  assert.deepEqual(block(text, 'location / {'), ['return 444;']);
  assert.ok(text.includes('server_name keelson.localhost;'));
  assert.deepEqual(find(all, 'absent', '/etc/nginx/sites-enabled/default').state, {});
});

test('requests are logged as text, as JSON by choice, or not at all', () => {
  assert.ok(main().some((line) => line.startsWith("log_format keelson '$remote_addr")));
  const json = main({ accessLog: 'json' });
  assert.equal(json.filter((line) => line.startsWith('log_format ')).length, 1);
  const from = json.findIndex((line) => line.startsWith('log_format keelson escape=json'));
  const format = json.slice(from, from + 4).map((line) => /'(.*)'/.exec(line)?.[1]);
  // What nginx puts in is a text, but for these.
  const numbers = /\$(keelson_status|body_bytes_sent|request_time)/g;
  const { status, seconds, instance } = JSON.parse(format.join('').replace(numbers, '1.5'));
  assert.deepEqual([status, seconds, instance], [1.5, 1.5, '$upstream_addr']);
  // What ended before its answer has 000, which is none of JSON's numbers.
  assert.ok(json.includes('~^0 0;'));
  assert.ok(json.includes('access_log /var/log/nginx/access.log keelson;'));
  assert.deepEqual(
    main({ accessLog: 'off' }).filter((line) => line.startsWith('access_log')),
    ['access_log off;'],
  );
});

test('nothing else may lie beside the sites', () => {
  const { instructions } = find(render(), 'directory', '/etc/nginx/keelson.d');
  assert.deepEqual(instructions, { '@whole': 'yes' });
  assert.ok(main().includes('include /etc/nginx/keelson.d/*.conf;'));
});

test('limits: four files for each connection, for workers and unit alike', () => {
  const all = render({ connections: 1000 });
  assert.ok(main({ connections: 1000 }).includes('worker_connections 1000;'));
  assert.ok(main({ connections: 1000 }).includes('worker_rlimit_nofile 4000;'));
  const dropin = '/etc/systemd/system/nginx.service.d/keelson.conf';
  assert.deepEqual(lines(textOf(all, dropin)).slice(0, 6), [
    '[Unit]',
    'OnFailure=keelson-retry@%n.timer',
    '[Service]',
    'Restart=always',
    'RestartSec=100ms',
    'LimitNOFILE=4000',
  ]);
});

test('nginx may do what a web server needs, unless the stack file sets it free', () => {
  const dropin = '/etc/systemd/system/nginx.service.d/keelson.conf';
  const unit = lines(textOf(render(), dropin));
  for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=full', 'PrivateDevices=yes'])
    assert.ok(unit.includes(line), line);
  // Sockets of other apps lie there, modules compile, and its logs are www-data's.
  assert.doesNotMatch(unit.join('\n'), /PrivateTmp|MemoryDenyWriteExecute|^User=/m);
  const [caps = ''] = unit.filter((line) => line.startsWith('CapabilityBoundingSet='));
  for (const cap of 'CHOWN DAC_OVERRIDE FOWNER KILL NET_BIND_SERVICE SETGID SETUID'.split(' '))
    assert.match(caps, new RegExp(`\\bCAP_${cap}\\b`));
  assert.equal(lines(textOf(render({ sandbox: false }), dropin)).length, 6);
});

test('headers of a request: as Node.js takes them, and more where the stack file says so', () => {
  assert.ok(main().includes('large_client_header_buffers 4 20k;'));
  assert.ok(main({ headerSize: '64K' }).includes('large_client_header_buffers 4 68k;'));
  assert.throws(() => web1({ nginx: { headerSize: '8K' } }), /16K/);
});

/** Whether browsers keep a static file for good, by its name alone. */
function keeper(): (name: string) => boolean {
  const rules = block(main(), 'map $uri $keelson_cache {');
  assert.equal(rules.shift(), 'default no-cache;');
  const patterns = rules.map((rule) => {
    const [, pattern = '', kept] = /^"~(.*)" "(.*)";$/.exec(rule) ?? [];
    assert.equal(kept, 'max-age=31536000, immutable');
    return new RegExp(pattern);
  });
  return (name) => patterns.some((one) => one.test(`/current/dist/${name}`));
}

test('a file is kept for good where its name holds a hash, and for nothing that may be words and numbers', () => {
  const isKept = keeper();
  const hashed = `index-BsKdfgHJ.js index-D4f_aB-1.css main.e6c13ad2.chunk.css 4cf2300e9c8272f7-s.p.woff2
    page-0a1b2c3d4e5f6789.js start.BxYz12_-.js main-5N7UXWGV.js main.3f2a1b9c.js.map logo-Kx_3bQvR.svg
    .next/static/build/_buildManifest.js _app/immutable/entry/app.js`;
  for (const name of hashed.split(/\s+/)) assert.ok(isKept(name), name);
  const named = `logo.png index.html sw.js a.css favicon.ico robots.txt app.mjs chunk-vendors.js next/static/a.js
    IMG_1234.jpg holiday-IMG_1234.jpg x-DSC01234.jpg 20240102a.jpg photo-20240102.jpg case-iPhone12.png report-Q3-Sales.pdf
    terms-Version2.pdf slide-Image001.jpg vendor-DatePick.js bootstrap-datepicker.js en-US-Index.html lib-1.2.3.min.js
    jquery-ui-1.12.1.custom.min.js facade12.css react.production.min.js icon-192x192.png widget-ToDoList.svg
    x-UserCard.js ui-Button12.js Inter-SemiBold.woff2 Inter-ExtraBoldItalic.woff2 hero-1920x1080@2x.jpg my-4KVideos.mp4
    _app/version.json foo-NotFound.svg deadbeef/logo.png a-download.js index-BsKdfgHJ/logo.png`;
  for (const name of named.split(/\s+/)) assert.ok(!isKept(name), name);
});

test('no name takes long to be told, however it is made', () => {
  const isKept = keeper();
  const began = performance.now();
  for (const name of `user-3f2a1b9c-1111-4abc-8def-0123456789ab@x.png photo-internationalizations@2x.css
    a-${'a'.repeat(28)}@2x.png b-${'a'.repeat(30)}_x.js c-${'1a'.repeat(14)}!.mjs d${'-a1'.repeat(8)}!.svg`.split(
    /\s+/,
  ))
    assert.ok(!isKept(name), name);
  const took = performance.now() - began;
  assert.ok(took < 500, `${took} ms`);
});

test('what browsers insist on has its type, and no type is given twice', () => {
  const types = block(main(), 'types {').map((line) => line.replace(';', '').split(' '));
  const of = (ending: string) => types.find(([, ...endings]) => endings.includes(ending))?.[0];
  assert.equal(of('mjs'), 'application/javascript');
  assert.equal(of('webmanifest'), 'application/manifest+json');
  assert.equal(of('map'), 'application/json');
  const endings = types.flatMap(([, ...endings]) => endings);
  assert.equal(new Set(endings).size, endings.length);
});

test('as many workers as the host may use cores', () => {
  assert.ok(main({}, { ...trixie, cores: 3 }).includes('worker_processes 3;'));
});

test('only a load balancer that is named is believed about the client’s address and scheme', () => {
  const named = main({ balancers: ['10.0.0.0/8', '2001:db8::/32'] });
  assert.deepEqual(
    named.filter((line) => /real_?ip/.test(line)),
    [
      'real_ip_header X-Forwarded-For;',
      'real_ip_recursive on;',
      'set_real_ip_from 10.0.0.0/8;',
      'set_real_ip_from 2001:db8::/32;',
      'geo $realip_remote_addr $keelson_balanced {',
    ],
  );
  const geo = 'geo $realip_remote_addr $keelson_balanced {';
  assert.deepEqual(block(named, geo), ['default 0;', '10.0.0.0/8 1;', '2001:db8::/32 1;']);
  assert.deepEqual(block(main(), geo), ['default 0;']);
  assert.doesNotMatch(main().join('\n'), /real_ip_|set_real_ip/);
});

test('http or https: as the client sees it, by what a trusted load balancer says', () => {
  assert.deepEqual(
    block(main(), 'map $keelson_balanced:$http_x_forwarded_proto $keelson_scheme {'),
    ['default $scheme;', '1:http http;', '1:https https;'],
  );
});

test('who asks for health is told by the path as it was sent', () => {
  const asked =
    'map "$request_method$keelson_upgrade $request_uri $keelson_health" $keelson_probe {';
  assert.deepEqual(block(main(), asked), [
    'default 0;',
    String.raw`"~^(?:GET|HEAD) ([^? ]+)(?:\?[^ ]*)? \1$" 1;`,
  ]);
  // Also on a host without a site that says which path it is.
  assert.deepEqual(block(main(), 'map $host $keelson_health {'), ['default none;']);
});

test('the pattern of a health check fits the path itself, read, and nothing else', () => {
  const [, pattern = ''] =
    /"~(.*)" 1;/.exec(main().find((line) => line.startsWith('"~^(?:GET')) ?? '') ?? [];
  const fits = (asked: string, health = '/a.b+c/health') =>
    new RegExp(pattern).test(`${asked} ${health}`);
  for (const good of [
    'GET /a.b+c/health',
    'HEAD /a.b+c/health',
    'GET /a.b+c/health?',
    'GET /a.b+c/health?x=/..%2f',
  ])
    assert.ok(fits(good), good);
  for (const bad of `POST /a.b+c/health,GETwebsocket /a.b+c/health,GET /aXb+c/health,GET //a.b+c/health,GET /a.b+c/health/
    GET /a.b+c/health#x,GET /a.b+c/healthy,GET /x/..%2fa.b+c/health,GET /a.b+c/HEALTH,GET /a.b+c/health%3f
    GET /pay /a.b+c/health,GET /a.b+c,GET ,GET ?/a.b+c/health,XGET /a.b+c/health`.split(/,|\n\s*/))
    assert.ok(!fits(bad), bad);
  for (const asked of ['GET /', 'GET /none', 'GET ?none']) assert.ok(!fits(asked, 'none'), asked);
});

test('limits count health checks apart', () => {
  assert.deepEqual(block(main(), 'map $keelson_probe $keelson_client {'), [
    'default $binary_remote_addr;',
    "1 '';",
  ]);
  assert.deepEqual(block(main(), 'map $keelson_probe $keelson_prober {'), [
    "default '';",
    '1 $binary_remote_addr;',
  ]);
});

test('health checks are logged when they fail, WebSockets are passed through', () => {
  assert.deepEqual(block(main(), 'map $status $keelson_failed {'), ['default 1;', '~^[23] 0;']);
  assert.deepEqual(block(main(), 'map $keelson_probe$keelson_failed $keelson_logged {'), [
    'default 1;',
    '10 0;',
  ]);
  assert.deepEqual(block(main(), 'map $http_upgrade $keelson_upgrade {'), [
    "default '';",
    '~*^websocket$ websocket;',
  ]);
  assert.deepEqual(block(main(), 'map $keelson_upgrade $keelson_connection {'), [
    'default close;',
    'websocket upgrade;',
  ]);
});

test('logs are kept as long as the stack file says', () => {
  const file = find(render({ logs: 30 }), 'file', '/etc/logrotate.d/nginx');
  for (const line of ['rotate 720', 'maxage 30'])
    assert.ok(lines(file.content ?? '').includes(line), line);
  assert.deepEqual(file.instructions, { '@check': 'logrotate' });
});

test('every file of nginx is checked by nginx before it takes effect, and a reload tells it', () => {
  const files = render().filter(({ kind, name }) => kind === 'file' && /^\/etc\/nginx/.test(name));
  assert.deepEqual(names(files), [
    'file /etc/nginx/nginx.conf',
    'file /etc/nginx/keelson.d/0-default.conf',
  ]);
  for (const { name, instructions } of files)
    assert.deepEqual(instructions, { '@check': 'nginx' }, name);
  const running = { enabled: 'enabled', active: 'active', change: 'reload' } as const;
  assert.deepEqual(
    find(render(), 'unit', 'nginx.service'),
    unit('nginx.service', { ...running, config: '/etc/nginx /etc/keelson/tls', port: 80 }),
  );
});

test('how load balancers ask is told whole, and of those that are named', () => {
  const balancerChecks = { interval: '5s', fall: 3, rise: 2 };
  const told = { balancers: ['10.0.0.0/8'], balancerChecks };
  assert.deepEqual(web1({ nginx: told }).nginx.balancerChecks, { interval: 5, fall: 3, rise: 2 });
  assert.deepEqual(noticedIn({ interval: 5, fall: 3, rise: 2 }), { leave: 17, rejoin: 12 });
});

test('how long a connection is kept is nginx’s own affair, unless the stack file says it', () => {
  assert.ok(main({ keepalive: '5m' }).includes('keepalive_timeout 300s;'));
  assert.doesNotMatch(main().join('\n'), /keepalive/);
});
