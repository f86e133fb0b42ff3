import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import * as field from '../../components/fields/index.ts';
import { metacharacters, random, spoil } from './hostile.ts';

const key = `ssh-ed25519 ${'A'.repeat(68)}`;
const long = (length: number) => 'a'.repeat(length);

type Row = {
  field: z.ZodType;
  good: readonly string[];
  bad: readonly (readonly [unknown, RegExp])[];
  /** Metacharacters that this field has a use for. */
  admits?: string;
};

const table: Record<string, Row> = {
  appName: {
    field: field.appName,
    good: ['a', 'shop', 'shop-2', `a${long(30)}`],
    bad: [
      ['', /is not a name/],
      ['Shop', /lower-case letter/],
      ['2shop', /is not a name/],
      ['-shop', /is not a name/],
      ['shop_2', /is not a name/],
      [`a${long(31)}`, /up to 30/],
      ...['root', 'www-data', 'nginx', 'ssh', 'cron', 'monit', 'systemd-resolve', 'keelson'].map(
        (name) => [name, /Debian uses itself; choose another/] as const,
      ),
    ],
  },
  needed: {
    field: field.needed,
    good: ['127.0.0.1:5432', 'redis.internal:6379', '[2001:db8::7]:80', '/run/x.sock'],
    bad: [
      ['5432', /is not what an app can need/],
      ['db:0', /is not what an app can need/],
      ['db:65536', /above 65535/],
      ['/run//x', /is not what an app can need/],
      ['/run/../x', /is not what an app can need/],
    ],
  },
  serverName: { field: field.serverName, good: ['web1'], bad: [['web.1', /is not a name/]] },
  loginName: {
    field: field.loginName,
    good: ['root', 'admin', '_deploy', 'a_b-c'],
    bad: [
      ['Admin', /is not a user name/],
      ['a:b', /is not a user name/],
    ],
  },
  hostname: {
    field: field.hostname,
    good: ['web1', 'web1.example.com', 'xn--bcher-kva.example'],
    bad: [
      ['10.0.0.1', /is not a host name/],
      ['web_1', /is not a host name/],
      ['-web', /is not a host name/],
      [long(65), /is not a host name/],
    ],
  },
  address: {
    field: field.address,
    good: ['web1.example.com', '198.51.100.7', '2001:db8::1', '::1'],
    bad: [
      ['', /is not an address/],
      ['user@host', /is not an address/],
      ['host:22', /is not an address/],
      ['-oProxyCommand=x', /is not an address/],
      ['1:::2', /is not an IPv6 address/],
    ],
  },
  sshAddress: {
    field: field.sshAddress,
    good: ['web1.example.com', '198.51.100.7', '2001:db8::1', '::1', 'Prod_web-1'],
    bad: [
      ['', /is not an address/],
      ['host:22', /is more than an address; write address: host, port: 22$/],
      ['me@host', /is more than an address; write address: host, user: me$/],
      ['ssh://me@host:22', /is more than an address; write address: host, user: me, port: 22$/],
      ['[2001:db8::7]:22', /is more than an address; write address: 2001:db8::7, port: 22$/],
      ['[2001:db8::7]', /is more than an address; write address: 2001:db8::7$/],
      ['-oProxyCommand=x', /is not an address/],
      ['a b', /is not an address/],
      ['1:::2', /is not an IPv6 address/],
    ],
  },
  sshUser: {
    field: field.sshUser,
    good: ['root', 'first.last', 'Admin', 'me@example.com', '_x', '0day'],
    bad: [
      ['', /is not a user name/],
      ['-l', /is not a user name/],
      ['.x', /is not a user name/],
      ['a b', /is not a user name/],
      ['a;b', /is not a user name/],
      [long(65), /is not a user name/],
    ],
  },
  network: {
    field: field.network,
    good: ['10.0.0.0/8', '198.51.100.7', '0.0.0.0/0', '2001:db8::/32', '::1', 'fd00::/128'],
    bad: [
      ['10.0.0.0/33', /is not a network/],
      ['10.0.0', /is not a network/],
      ['10.0.0.256', /is not an IPv4 network/],
      ['fd00::/129', /is not a network/],
      ['fd00:::/16', /is not an IPv6 network/],
      ['all', /is not a network/],
    ],
  },
  domain: {
    field: field.domain,
    good: ['shop.example.com', '*.example.com', '198.51.100.7', 'hello.localhost', 'default'],
    bad: [
      ['Shop.example.com', /is not a domain/],
      ['shop..com', /is not a domain/],
      ['~^.*$', /is not a domain/],
      ['shop.*', /is not a domain/],
      ['_', /is not a domain/],
    ],
    admits: '*',
  },
  hostPath: {
    field: field.hostPath,
    good: ['/srv', '/opt/node-24.11.0/bin', '/var/lib/a_b@c+d'],
    bad: [
      ['/', /absolute path on the host/],
      ['srv', /absolute path on the host/],
      ['/srv/', /absolute path on the host/],
      ['/srv//x', /absolute path on the host/],
      ['/srv/../etc', /no \.\./],
      ['/srv/.', /absolute path on the host/],
      ['/srv/-x', /absolute path on the host/],
    ],
  },
  relativePath: {
    field: field.relativePath,
    good: ['server.js', 'dist/server.js', '.next/static', '..a/b'],
    bad: [
      ['', /path inside the app/],
      ['/etc/passwd', /path inside the app/],
      ['../x', /no \.\./],
      ['a/../../x', /no \.\./],
      ['a/', /no slash at either end/],
      ['--eval', /path inside the app/],
      ['a/-b', /path inside the app/],
    ],
  },
  urlPath: {
    field: field.urlPath,
    good: ['/', '/static', '/static/', '/~me/a.b'],
    bad: [
      ['static', /is not a URL path/],
      ['//x', /is not a URL path/],
      ['/a/../b', /is not a URL path/],
      ['/a?b', /is not a URL path/],
    ],
  },
  requestPath: {
    field: field.requestPath,
    good: ['/', '/health', '/health?deep=1', '/?a=b'],
    bad: [
      ['health', /is not a request path/],
      ['/health?', /is not a request path/],
      ['/../x?a', /is not a request path/],
    ],
    admits: '?',
  },
  redirectTarget: {
    field: field.redirectTarget,
    good: ['/', '/new', '/new?a=b&c=%20#top', 'https://example.com', 'http://a.de:8080/x/?y'],
    bad: [
      ['new', /is neither a path nor a URL; write one such as/],
      ['//evil.example', /is neither a path nor a URL/],
      ['https://me@example.com/', /is neither a path nor a URL/],
      ['javascript:x', /is neither a path nor a URL/],
    ],
    admits: '?&%#',
  },
  secretUrl: {
    field: field.secretUrl,
    good: ['https://hooks.example.com/T0/B0', 'http://[::1]:8080/a?b=c&d=%20', 'https://u:p@a.de'],
    bad: [
      ['hooks.example.com/x', /is not a URL; give the whole https:\/\/… that the receiver shows/],
      ['ftp://a.de', /is not a URL/],
      ['https://a.de/"\nurl = "file:///etc/shadow', /is not a URL/],
    ],
    admits: '?&%#$;()!*[]',
  },
  headerName: {
    field: field.headerName,
    good: ['X-Frame-Options', 'vary'],
    bad: [
      ['', /is not the name of a header/],
      ['X Frame', /use letters, digits and hyphens/],
      ['X:', /is not the name of a header/],
    ],
  },
  cookieName: {
    field: field.cookieName,
    good: ['room', 'connect.sid', '__Host-id', '_1'],
    bad: [
      ['', /is not the name of a cookie/],
      ['a=b', /use letters, digits and _\.-/],
      ['-a', /is not the name of a cookie/],
      ['a'.repeat(65), /is not the name of a cookie/],
    ],
  },
  queryName: {
    field: field.queryName,
    good: ['room', 'EIO', '_1'],
    bad: [
      ['', /is not the name of a parameter/],
      ['a-b', /use letters, digits and _/],
      ['a'.repeat(65), /is not the name of a parameter/],
    ],
  },
  headerValue: {
    field: field.headerValue,
    good: ['DENY', `default-src 'self'; img-src *`, '{"max_age": 1}', 'max-age=31536000'],
    bad: [
      ['', /is not the value of a header/],
      [' a', /is not the value of a header/],
      ['a ', /is not the value of a header/],
      ['$host', /without \$/],
      ['ä', /printable ASCII/],
    ],
    admits: ` '"\`;{}()<>|&\\#%*!^?`,
  },
  url: {
    field: field.url,
    good: ['https://example.com/shop-1.2.0.tgz', 'http://127.0.0.1:8080/@scope/x'],
    bad: [
      ['ftp://example.com/x', /is not a plain URL/],
      ['https://me@example.com/x', /without user/],
      ['https://example.com', /is not a plain URL/],
    ],
  },
  calendar: {
    field: field.calendar,
    good: [
      ...['03:30', '3:5', 'daily', 'Hourly', 'Mon', 'Mon..Fri 08:00', 'Mon,Wed,Sat..Sun 10:00'],
      ...['*-*-01 04:00', '*-*-* 00/2:15:00', '*:0/15', '12-24 18:00', '*-02~1', '*-*-1,15 12:00'],
      ...['2026..2030-1/3-1 00:00', 'Sat 10:00 Europe/Berlin', 'UTC', '08:00 UTC'],
    ].filter((given) => given !== 'UTC'),
    bad: [
      ['30 3 * * *', /is cron’s; write it as systemd does, such as 03:30/],
      ['@daily', /is cron’s/],
      ['*/5 * * * *', /is cron’s/],
      ['25:00', /is no time of the calendar; write one such as 03:30/],
      ['12:60', /is no time/],
      ['12', /is no time/],
      ['13-01', /is no time/],
      ['*-*-32', /is no time/],
      ['Mo 08:00', /is no time/],
      ['Fri..Mon..Tue', /is no time/],
      ['08:30..10', /is no time/],
      ['*:0/0', /is no time/],
      ['08:00 daily', /is no time/],
      ['08:00  UTC', /is no time/],
      ['UTC', /is no time/],
      ['', /is no time/],
    ],
    admits: '* ~',
  },
  size: {
    field: field.size,
    good: ['1M', '512M', '16G'],
    bad: [
      ['0M', /is not a size/],
      ['512', /is not a size/],
      ['512m', /is not a size/],
      ['infinity', /is not a size/],
    ],
  },
  digest: {
    field: field.digest,
    good: ['0123456789abcdef'.repeat(4)],
    bad: [
      ['0123456789abcdef', /64 lower-case hex digits/],
      ['0123456789ABCDEF'.repeat(4), /is not a SHA-256/],
    ],
  },
  environmentName: {
    field: field.environmentName,
    good: ['DATABASE_URL', '_x', 'NODE_OPTIONS'],
    bad: [
      ['1X', /is not the name/],
      ['A-B', /is not the name/],
      ...['KEELSON_UNIT', 'PORT', 'LISTEN_FDS', 'NOTIFY_SOCKET', 'LD_PRELOAD'].map(
        (name) => [name, /set by the kit or by systemd/] as const,
      ),
    ],
  },
  exactVersion: {
    field: field.exactVersion,
    good: ['24.11.0', '0.0.1'],
    bad: [
      ['24', /all three numbers/],
      ['v24.11.0', /is not an exact version/],
      ['24.011.0', /is not an exact version/],
      ['^24.0.0', /is not an exact version/],
    ],
  },
  nodeVersion: {
    field: field.nodeVersion,
    good: ['24', '24.11', '24.11.0', '100'],
    bad: [
      ['v24', /neither debian, none nor a version of Node\.js; write one such as 24 or 24\.11\.0/],
      ['24.', /neither debian, none nor a version/],
      ['24.1.2.3', /neither debian, none nor a version/],
      ['^24', /neither debian, none nor a version/],
      ['24.x', /neither debian, none nor a version/],
      ['4', /neither debian, none nor a version/],
    ],
  },
  percentage: {
    field: field.percentage,
    good: ['1%', '25%', '100%'],
    bad: [
      ['0%', /write 1% to 100%/],
      ['101%', /write 1% to 100%/],
      ['25', /is not a percentage/],
    ],
    admits: '%',
  },
  argument: {
    field: field.argument,
    good: ['--port=1', 'dist/a.js', 'a@b'],
    bad: [['', /is not a plain argument/]],
  },
  plainText: {
    field: field.plainText,
    good: ['ok', 'status: up, all fine'],
    bad: [
      ['', /is not plain text/],
      [' ok', /is not plain text/],
      ['ok ', /is not plain text/],
    ],
    admits: ' ',
  },
  email: {
    field: field.email,
    good: ['ops@example.com', 'a.b+c@localhost'],
    bad: [
      ['ops', /is not an e-mail address/],
      ['@example.com', /is not an e-mail address/],
    ],
  },
  packageName: {
    field: field.packageName,
    good: ['imagemagick', 'libstdc++6'],
    bad: [
      ['-y', /is not the name of a Debian package/],
      ['Foo', /is not the name of a Debian package/],
      ['curl=7', /is not the name of a Debian package/],
    ],
  },
  cores: {
    field: field.cores,
    good: ['1%', '90%', '1600%'],
    bad: [
      ['0.9', /is not a share of a core; write 90%, or 150% for one and a half/],
      ['0%', /is not a share of a core/],
    ],
    admits: '%',
  },
  expected: {
    field: field.expected,
    good: ['+PONG', '220 '],
    bad: [
      ['', /cannot be looked for; use printable ASCII on one line/],
      ['a\nb', /cannot be looked for/],
    ],
    admits: ` '"\`$;{}()<>|&\\#%*!^?`,
  },
  publicKey: {
    field: field.publicKey,
    good: [key, `${key} me@laptop`, `ssh-rsa ${'B'.repeat(370)}==`],
    bad: [
      [`command="id" ${key}`, /without options/],
      [`${key}\n${key}`, /is not an OpenSSH public key/],
      ['-----BEGIN OPENSSH PRIVATE KEY-----', /is not an OpenSSH public key/],
    ],
    admits: ' ',
  },
};

/** The messages of what a field says to a value. */
const complaints = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

for (const [name, row] of Object.entries(table)) {
  test(`${name} takes what it should, and says what is wrong with the rest`, () => {
    assert.ok(row.field.description, 'has a description');
    for (const good of row.good) assert.equal(row.field.parse(good), good);
    for (const [bad, message] of row.bad)
      assert.match(complaints(row.field, bad).join('\n'), message, JSON.stringify(bad));
  });

  test(`${name} lets no metacharacter through`, () => {
    const next = random(1);
    const forbidden = metacharacters.filter((character) => !row.admits?.includes(character));
    for (let round = 0; round < 2000; round++) {
      const spoiled = spoil(row.good[round % row.good.length] ?? '', next);
      if (!row.field.safeParse(spoiled).success) continue;
      for (const character of forbidden) assert.ok(!spoiled.includes(character), spoiled);
      if (name.endsWith('Path')) assert.doesNotMatch(spoiled, /^[^?]*(^|\/)\.\.([/?]|$)/);
    }
  });
}

test('every field of the vocabulary is in the table or in a test of its own', () => {
  const own = 'localPath port anyPort environmentValue sent milliseconds command'.split(' ');
  const fields = Object.entries(field).filter(([, value]) => typeof value === 'object');
  assert.deepEqual(fields.map(([name]) => name).sort(), [...Object.keys(table), ...own].sort());
});

test('the program of a command stays where it begins', () => {
  assert.deepEqual(complaints(field.command, ['a/../../b', 'x']), [
    'leads out of where it begins, by ..; write an absolute path, or one inside the app',
  ]);
  assert.deepEqual(complaints(field.command, ['./a..b/c', '../d']), []);
  assert.deepEqual(complaints(field.command, []), ['is empty; give a command']);
});

test('integers and ports name their bounds', () => {
  assert.deepEqual(complaints(field.port, 80), ['is below 1024; choose 1024 to 65535']);
  assert.deepEqual(complaints(field.port, 65536), ['is above 65535; choose 1024 to 65535']);
  assert.deepEqual(complaints(field.anyPort, 0), ['is below 1; choose 1 to 65535']);
  assert.equal(field.port.parse(1024), 1024);
  assert.equal(field.port.parse(65535), 65535);
  for (const bad of ['3700', 3700.5, Number.NaN, Number.POSITIVE_INFINITY, null])
    assert.equal(field.port.safeParse(bad).success, false, String(bad));
});

test('durations become seconds, within their bounds', () => {
  const drain = field.duration('1s', '10m').prefault('30s');
  const rows: [string | undefined, number][] = [
    [undefined, 30],
    ['1s', 1],
    ['90s', 90],
    ['10m', 600],
  ];
  for (const [given, seconds] of rows) assert.equal(drain.parse(given), seconds);
  assert.equal(field.duration().parse('1d'), 86400);
  assert.equal(field.duration().parse('12h'), 43200);
  assert.deepEqual(complaints(drain, '0s'), ['is shorter than 1s; choose 1s to 10m']);
  assert.deepEqual(complaints(drain, '11m'), ['is longer than 10m; choose 1s to 10m']);
  for (const bad of ['30', '1.5s', '-1s', '5 m', '1w', '30s\n'])
    assert.deepEqual(complaints(drain, bad), ['is not a duration; write 30s, 5m, 12h or 1d'], bad);
});

test('sizes in MiB', () => {
  assert.equal(field.mebibytes('512M'), 512);
  assert.equal(field.mebibytes('2G'), 2048);
});

test('paths of the operator’s machine may hold anything but control characters', () => {
  for (const good of ['../shop', '~/.ssh/id_ed25519', '/tmp/a b/ü', 'C$'])
    assert.equal(field.localPath.parse(good), good);
  assert.match(complaints(field.localPath, '').join(), /is empty; give a path/);
  assert.match(complaints(field.localPath, 'a\nb').join(), /holds a control character/);
  assert.match(complaints(field.localPath, 'a\0b').join(), /holds a control character/);
  assert.match(complaints(field.localPath, long(1025)).join(), /longer than 1024/);
});

test('environment values are any text, and numbers and switches as text', () => {
  const rows: [unknown, string][] = [
    ['', ''],
    [8080, '8080'],
    [true, 'true'],
    ['-----BEGIN KEY-----\nabc\n', '-----BEGIN KEY-----\nabc\n'],
    [`"'$x\`%i\\ {ü}`, `"'$x\`%i\\ {ü}`],
    ['a\u2028b\u2029\ufeff\u202e🚀', 'a\u2028b\u2029\ufeff\u202e🚀'],
  ];
  for (const [given, value] of rows) assert.equal(field.environmentValue.parse(given), value);
  for (const bad of [
    'a\0b',
    'a\rb',
    '\x1b[0m',
    '\u0085',
    '\ud800',
    '\uffff',
    '\ufdd0',
    '\u{1fffe}',
    '\ufffd',
  ])
    assert.match(complaints(field.environmentValue, bad).join(), /encode it, .* base64/);
  assert.match(complaints(field.environmentValue, long(32769)).join(), /longer than 32768/);
  assert.equal(field.environmentValue.safeParse({ secure: 'x' }).success, false);
});

test('short times become milliseconds', () => {
  assert.equal(field.milliseconds.parse('200ms'), 200);
  assert.equal(field.milliseconds.parse('2s'), 2000);
  assert.deepEqual(complaints(field.milliseconds, '2m'), ['is not a time; write 200ms or 2s']);
});
