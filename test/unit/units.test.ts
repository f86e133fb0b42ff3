/** What services are told when something that they read was written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const units = {
  nginx:
    'unit\tnginx.service\tactive=active\tconfig=current\t@change=reload\t@config=/etc/nginx /etc/keelson/tls',
  journald:
    'unit\tsystemd-journald.service\tactive=active\tconfig=current\t@change=restart\t@config=/etc/systemd/journald.conf.d',
  timer: 'unit\tlogrotate.timer\tactive=active\t@change=restart',
};
const dropin = (unit: string): string => `/etc/systemd/system/${unit}.d/keelson.conf`;
const input = `${Object.values(units).join('\n')}\n`;

/** The units that are told when these paths were written. */
const concerned = (...paths: string[]): string[] =>
  hostShell(
    `cat >"$work/all"; printf '%s\\n' ${paths.join(' ')} >"$work/touched"
    find_concerned "$work/all"; printf '%s' "$concerned"`,
    { input },
  )
    .split('\n')
    .filter(Boolean);

test('a reload is for what a service reads, and changes nothing of what its unit says', () => {
  assert.deepEqual(concerned('/etc/nginx/keelson.d/shop.conf'), ['nginx.service']);
  assert.deepEqual(concerned('/etc/keelson/tls/shop/fullchain.pem'), ['nginx.service']);
  assert.deepEqual(concerned('/etc/keelson/shop/environment'), []);
  assert.deepEqual(concerned(dropin('nginx.service')), []);
  assert.deepEqual(concerned('/etc/systemd/system/nginx.service'), []);
  assert.deepEqual(concerned(dropin('nginx.service'), '/etc/nginx/nginx.conf'), ['nginx.service']);
  // It was overridden.
  assert.deepEqual(concerned('nginx.service'), ['nginx.service']);
});

test('a restart is for what its unit says, too', () => {
  assert.deepEqual(concerned(dropin('systemd-journald.service')), ['systemd-journald.service']);
  assert.deepEqual(concerned('/etc/systemd/journald.conf.d/60-keelson.conf'), [
    'systemd-journald.service',
  ]);
  assert.deepEqual(concerned(dropin('logrotate.timer')), ['logrotate.timer']);
});

test('what only the next start reads is never stale', () => {
  const files = [
    '/etc/nginx/nginx.conf',
    '/etc/keelson/tls/shop/fullchain.pem',
    dropin('nginx.service'),
    dropin('systemd-journald.service'),
  ];
  const items = files.map((path) => `file\t${path}\tmode=0644`).join('\n');
  const read = hostShell(
    `given=$(cat); printf '%s\\n' "$given" | grep '^file' | read_by_units "$(printf '%s\\n' "$given" | grep '^unit')"`,
    { input: `${input}${items}\n` },
  );
  assert.deepEqual(read.trim().split('\n'), [
    'nginx.service\t/etc/nginx/nginx.conf',
    'nginx.service\t/etc/keelson/tls/shop/fullchain.pem',
    `systemd-journald.service\t${dropin('systemd-journald.service')}`,
  ]);
});

/** What systemd is asked to do with nginx, whose configuration was written. */
const asked = (seen: string): string =>
  hostShell(
    `seen_first=$(cat) told_units=''; is_active() { :; }; stamp_process() { stamp=-; }; say() { echo "$2"; }
    limited() { shift; echo "$@"; }
    reload_unit '${units.nginx}' nginx.service`,
    { input: seen },
  );

test('what a package of this run has just started is restarted, what served before is reloaded', () => {
  assert.equal(
    asked('unit\tmonit.service\tstate=missing\nunit\tnginx.service\tactive=active\n'),
    'systemctl reload nginx.service\nunit nginx.service: reloaded\n',
  );
  assert.equal(
    asked('unit\tmonit.service\tactive=active\nunit\tnginx.service\tstate=missing\n'),
    'systemctl restart nginx.service\nunit nginx.service: restarted\n',
  );
  assert.match(asked(''), /^systemctl reload /);
});
