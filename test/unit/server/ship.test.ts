import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { template } from '../../../components/lib/template.ts';
import { ship } from '../../../components/server/ship.ts';
import { certificate } from '../receivers.ts';
import { items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const folderOf = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-ship-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

const render = (given: object, rsyslog?: 'own' | 'kit') =>
  ship.render?.(web1(given), { facts: { ...trixie, ...(rsyslog && { rsyslog }) } }) ?? {};
const to = 'logs.example.com';
const reference = readFileSync(new URL('../../../stacks/reference.yaml', import.meta.url), 'utf8');
const [found = ''] = /-----BEGIN C.*?END CERTIFICATE-----/s.exec(reference) ?? [];
const own = found.replace(/^ +/gm, '');

const settings = '/etc/keelson/ship/ship.conf';

test('a server that says nothing of it ships nothing', () => {
  assert.deepEqual(items(render({})), []);
  assert.deepEqual(items(render({}, 'own')), []);
});

test('each message is acknowledged, over TLS, by whom an authority of one’s own vouches for', () => {
  const { base = [] } = render({ ship: { to, ca: own } });
  const text = textOf(base, settings);
  assert.match(text, /action\(type="omrelp" target="logs\.example\.com" port="6514"/);
  assert.match(text, /tls="on" tls\.authMode="name" tls\.permittedPeer="logs\.example\.com"/);
  assert.match(text, /tls\.caCert="\/etc\/keelson\/ship\/ca\.pem"/);
  assert.doesNotMatch(text, /omfwd/);
  assert.ok(names(base).includes('package rsyslog-relp'));
  assert.ok(names(base).includes('unit keelson-ship.service'));
  const service = lines(textOf(base, '/etc/systemd/system/keelson-ship.service'));
  assert.ok(
    service.includes('ExecStart=/usr/sbin/rsyslogd -n -iNONE -f /etc/keelson/ship/ship.conf'),
  );
});

test('RFC 5425 instead, by choice, with a certificate authority and a name of its own', (t) => {
  const ca = certificate(folderOf(t), '127.0.0.1').cert.toString();
  const given = { to: '192.0.2.7', port: 6515, protocol: 'tls', name: 'logs.internal', ca };
  const { base = [] } = render({ ship: given });
  const text = textOf(base, settings);
  assert.match(text, /action\(type="omfwd" target="192\.0\.2\.7" port="6515"/);
  assert.match(text, /TCP_Framing="octet-counted"/);
  assert.match(
    text,
    /StreamDriverAuthMode="x509\/name" StreamDriverPermittedPeers="logs\.internal"/,
  );
  assert.match(text, /defaultNetstreamDriverCAFile="\/etc\/keelson\/ship\/ca\.pem"/);
  assert.equal(textOf(base, '/etc/keelson/ship/ca.pem').trim(), ca.trim());
  assert.doesNotMatch(text, /omrelp/);
  assert.ok(names(base).includes('package rsyslog-openssl'));
});

test('what holds no certificates is refused', (t) => {
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const key = certificate(folderOf(t), '127.0.0.1').key.toString();
  for (const ca of ['./ca.pem', broken, key, ''])
    assert.throws(
      () => web1({ ship: { to, ca } }),
      /holds no certificates in PEM alone; paste them from/,
    );
});

const quiet = ['unit rsyslog.service', 'unit syslog.socket', 'absent /etc/logrotate.d/rsyslog'];
const quietIn = (given: ReturnType<typeof render>) =>
  names(given.base ?? []).filter((name) => quiet.includes(name));

test('an rsyslog that the kit brings writes no second copy of all logs, also when nothing is shipped any more', () => {
  assert.deepEqual(quietIn(render({ ship: { to, ca: own } })), quiet);
  assert.deepEqual(quietIn(render({ ship: { to, ca: own } }, 'kit')), quiet);
  assert.deepEqual(names(render({}, 'kit').base ?? []), quiet);
});

test('one of the host’s own goes on as it is', () => {
  assert.deepEqual(quietIn(render({ ship: { to, ca: own } }, 'own')), []);
});

/** Runs `rewind` with a stand-in for journalctl, which says what it was asked. */
function rewound(t: TestContext, state: string | undefined, shown: string) {
  const folder = folderOf(t);
  const file = join(folder, 'state');
  if (state !== undefined) writeFileSync(file, state);
  writeFileSync(join(folder, 'shown'), shown);
  writeFileSync(
    join(folder, 'journalctl'),
    `#!/bin/sh\nprintf '%s\\n' "$*" >>'${folder}/asked'\ncat '${folder}/shown'\n`,
  );
  chmodSync(join(folder, 'journalctl'), 0o755);
  const script = template('server/ship/rewind', {});
  execFileSync('sh', ['-c', script, 'rewind', file], {
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
  return { state: read(file), asked: read(join(folder, 'asked')) };
}

test('with a stand-in for journalctl: each start goes back by more than can be on its way', (t) => {
  const { state, asked } = rewound(t, 's=b;i=9\n', 'a\nb\n-- cursor: s=b;i=1\n');
  assert.equal(state, 's=b;i=1\n');
  assert.match(asked ?? '', /-r -n 256 .*--cursor=s=b;i=9/);
  const window = /windowSize="(\d+)"/.exec(
    textOf(render({ ship: { to, ca: own } }).base ?? [], settings),
  );
  assert.ok(Number(window?.[1]) < 256);
});

test('with a stand-in for journalctl: the first start begins with what is new', (t) => {
  const { state, asked } = rewound(t, undefined, 'a\n-- cursor: s=b;i=7\n');
  assert.equal(state, 's=b;i=7\n');
  assert.doesNotMatch(asked ?? '', /--cursor=|-r /);
});

test('with a stand-in for journalctl: a place that is spoiled is none, and all is sent again', (t) => {
  assert.deepEqual(rewound(t, '', ''), { state: undefined, asked: undefined });
  assert.equal(rewound(t, 's=gone\n', '').state, undefined);
});
