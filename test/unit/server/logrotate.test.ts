import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { logs } from '../../../components/app/logs.ts';
import { logrotate, rotations } from '../../../components/server/logrotate.ts';
import { nginx } from '../../../components/server/nginx.ts';
import { scratchDirectory } from '../scratch.ts';
import { find, items, lines, names, shop, textOf, trixie, web1 } from '../shop.ts';

const all = items(logrotate.render?.(web1(), { facts: trixie }));
const dropin = '/etc/systemd/system/logrotate.timer.d/keelson.conf';

test('logs are looked at each hour; the first, empty time takes Debian’s away', () => {
  assert.deepEqual(lines(textOf(all, dropin)), [
    '[Timer]',
    'OnCalendar=',
    'OnCalendar=hourly',
    'RandomizedDelaySec=0',
    'AccuracySec=1min',
  ]);
});

test('the timer is told of its drop-in by a restart', () => {
  const timer = find(all, 'unit', 'logrotate.timer');
  assert.deepEqual(timer.state, { enabled: 'enabled', active: 'active' });
  assert.deepEqual(timer.instructions, { '@change': 'restart' });
});

test('the kit’s own log is rotated, by a file that logrotate reads before it takes effect', () => {
  const own = find(all, 'file', '/etc/logrotate.d/keelson');
  assert.deepEqual(own.instructions, { '@check': 'logrotate' });
  assert.deepEqual(lines(own.content ?? '').slice(0, 4), [
    '/var/log/keelson.log {',
    'monthly',
    'maxsize 10M',
    'rotate 24',
  ]);
});

test('logrotate itself is a package, and keeps a log of each hour', () => {
  assert.ok(names(all).includes('package logrotate'));
  const { stated: _, ...kept } = rotations(3);
  assert.deepEqual(kept, { days: 3, count: 72 });
});

test('a failed logrotate is seen, and nothing else of Debian’s unit', () => {
  assert.deepEqual(find(all, 'unit', 'logrotate.service').state, { failed: 'no' });
});

test('no log of the kit’s leaves to /etc/logrotate.conf what decides whether it is rotated', () => {
  const { content = '' } = find(all, 'file', '/etc/logrotate.d/keelson');
  const app = find(
    items(logs.render?.(shop({ logs: { to: 'files' } }), {} as never)),
    'file',
    '/etc/keelson/logrotate.d/shop.conf',
  );
  const sites = find(
    items(nginx.render?.(web1(), { facts: trixie })),
    'file',
    '/etc/logrotate.d/nginx',
  );
  for (const text of [content, app.content ?? '', sites.content ?? ''])
    for (const option of [
      ...[
        'nodateext',
        'noolddir',
        'nomail',
        'compress',
        'delaycompress',
        'missingok',
        'notifempty',
      ],
      ...['nocopy', 'norenamecopy', 'noshred', 'minage 0', 'minsize 0', 'start 1', 'su root root'],
      ...['rotate \\d+', 'maxage \\d+', 'maxsize \\w+', '(no)?copytruncate', 'daily|monthly'],
    ])
      assert.match(text, new RegExp(`^\\t(${option})$`, 'm'), option);
});

const scratch = scratchDirectory('logrotate');
const program = (name: string): string => textOf(all, `/etc/keelson/logrotate.d/${name}`);
const shell = (text: string, ...given: string[]) => {
  writeFileSync(join(scratch, 'program'), text);
  return spawnSync('sh', [join(scratch, 'program'), ...given], { encoding: 'utf8' });
};

test('a log beyond all measure is cut to its end, and told', () => {
  const [folder, long, short] = ['logs', 'logs/3700.log', 'logs/3701.log'].map((name) =>
    join(scratch, name),
  ) as [string, string, string];
  mkdirSync(folder, { recursive: true });
  writeFileSync(long, 'first\n');
  truncateSync(long, 2 ** 40);
  writeFileSync(long, 'last\n', { flag: 'a' });
  writeFileSync(short, 'all\n');
  const told = join(scratch, 'keelson.log');
  const { status, stderr } = shell(
    program('cut').replace('/var/log/keelson.log', told),
    '10240',
    folder,
  );
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(long, 'utf8'), 'last\n');
  assert.equal(readFileSync(short, 'utf8'), 'all\n');
  assert.match(
    readFileSync(told, 'utf8'),
    /^\S+Z - logrotate warn {3}file \S+3700\.log: it was 1099511627781 bytes long, and its end alone is kept\n$/,
  );
  assert.ok(statSync(long).size < 2 ** 20);
});

/** Begins a log anew, of which there is a copy already; systemctl is one that writes into it when it is asked. */
function renewed(log: string, copied: string, commands: Record<string, string>) {
  const folder = join(scratch, 'shop');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, '3700.log');
  writeFileSync(path, log);
  writeFileSync(`${path}.1`, copied);
  const asked = join(scratch, 'asked');
  writeFileSync(asked, '');
  const cases = Object.entries(commands).map(
    ([verb, words]) => `${verb}) printf '${words}' >>"$LOG" ;;`,
  );
  const stand = `systemctl() { echo "$*" >>${asked}; case $1 in ${cases.join(' ')} *) ;; esac; }`;
  const text = program('renew').replaceAll(/timeout 10 systemctl/g, 'systemctl');
  const { status, stderr } = shell(`LOG=${path}\n${stand}\n${text}`, path);
  assert.equal(status, 0, stderr);
  const read = (name: string) => readFileSync(name, 'utf8');
  return { log: read(path), copy: read(`${path}.1`), asked: read(asked).split('\n') };
}

test('what comes between the copy of a log file and its cut is kept, while its instance stands still', () => {
  const { log, copy, asked } = renewed('a\nb\n', 'a\n', { freeze: 'late\\n', thaw: 'after\\n' });
  assert.deepEqual([copy, log], ['a\nb\nlate\n', 'after\n']);
  assert.deepEqual(asked, ['freeze shop@3700.service', 'thaw shop@3700.service', '']);
});

test('a line that is only begun then stays where its end comes', () => {
  const { log, copy } = renewed('a\n', 'a\n', { freeze: 'b\\nbeg', thaw: 'un\\n' });
  assert.deepEqual([copy, log], ['a\nb\n', 'begun\n']);
});

test('one app whose logs cannot be rotated in time holds up no other, and is told', () => {
  for (const name of ['blog', 'shop', 'wiki']) writeFileSync(join(scratch, `${name}.conf`), '');
  const told = join(scratch, 'rotated');
  const stand = join(scratch, 'logrotate');
  writeFileSync(
    stand,
    `#!/bin/sh\ncase $3 in */shop.conf) exec sleep 60 ;; esac\necho "\${3##*/}" >>${told}\n`,
  );
  chmodSync(stand, 0o755);
  const text = program('rotate')
    .replace('/etc/keelson/logrotate.d/*', `${scratch}/*`)
    .replace('/usr/sbin/logrotate', stand)
    .replace(' 300 ', ' 1 ');
  const { status, stderr } = shell(text);
  assert.equal(status, 1);
  assert.match(stderr, /shop\.conf: its logs could not be rotated, or not within 5 minutes/);
  assert.equal(readFileSync(told, 'utf8'), 'blog.conf\nwiki.conf\n');
});

test('logs of apps are looked at along with those of the host, and their failure is seen', () => {
  const path = '/etc/systemd/system/logrotate.service.d/keelson.conf';
  assert.deepEqual(lines(textOf(all, path)), ['[Unit]', 'Wants=keelson-logrotate.service']);
  assert.deepEqual(find(all, 'unit', 'keelson-logrotate.service').state, { failed: 'no' });
  assert.deepEqual(find(all, 'directory', '/etc/keelson/logrotate.d').instructions, {
    '@whole': 'yes',
  });
});
