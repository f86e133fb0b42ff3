/** What follows an upgrade of packages: who runs on replaced files, and what a person is told. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';
import { item } from './status-shell.ts';

const paths = 'HOST_ROOT=$STATE/root STATUS_CACHE=$STATE/cache';
const library = '/usr/lib/x86_64-linux-gnu/libssl.so.3';

/** The numbers of those that are found, each with one of these lines in its maps. */
const found = (...lines: string[]): string[] => {
  const maps = (line: string) => `55d0-55d1 r--p 00000000 fd:01 12 /usr/bin/x\n${line}\n`;
  const files = lines.map((line, index) => [`root/proc/${index + 1}/maps`, maps(line)]);
  return hostShell(`${paths}; outdated_processes`, { memory: Object.fromEntries(files) })
    .split('\n')
    .filter(Boolean);
};

test('who runs code of a file that was replaced is found, and nobody else', () => {
  const lines = [
    `7f0-7f1 r-xp 00001000 fd:01 77 ${library} (deleted)`,
    `7f0-7f1 r-xp 00001000 fd:01 77 ${library}`,
    `7f0-7f1 r--p 00001000 fd:01 77 ${library} (deleted)`,
    '7f0-7f1 rwxp 00000000 00:05 88 /dev/zero (deleted)',
    '7f0-7f1 r-xp 00000000 00:01 99 /memfd:jit (deleted)',
    '7f0-7f1 r-xp 00000000 fd:01 66 /tmp/x (deleted)',
    '7f0-7f1 r-xp 00000000 fd:01 66 /usr/bin/node (deleted)',
  ];
  assert.deepEqual(found(...lines), ['1', '7']);
});

test('a process of this machine’s own, whose program was replaced, is found by its unit', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-replaced-'));
  const program = join(directory, 'sleep');
  copyFileSync('/bin/sleep', program);
  const running = spawn(program, ['30'], { stdio: 'ignore' });
  t.after(() => {
    running.kill();
    rmSync(directory, { recursive: true });
  });
  // In place of what a package has.
  const script = `REPLACED=' ..x. .*${program}( .deleted.)$'
    unit_of_process() { echo "of-$1.service"; }
    until grep -qs '${program}$' /proc/${running.pid}/maps; do sleep 0.02; done
    rm ${program}
    outdated_units
    unit_of_process() { echo nginx.service; }
    mkdir -p $STATE/root/run; echo ${running.pid} >$STATE/root/run/nginx.pid; outdated_nginx() { HOST_ROOT=$STATE/root outdated_units; }
    outdated_processes() { echo ${running.pid}; }
    outdated_nginx; echo 1 >$STATE/root/run/nginx.pid; outdated_nginx`;
  // Of nginx it is found while it is the one that takes requests.
  assert.equal(hostShell(script), `of-${running.pid}.service\nnginx.service\n`);
});

/** A manifest as it is stored: settings, an empty line, its item. */
const stored = (...what: Parameters<typeof item>): string => `\n${item(...what)}`;
const memory = {
  'manifests/rollout-shop': stored('shop', [3700, 3701, 'mail@1']),
  'manifests/rollout-shop-two': stored('shop-two', [3800]),
  'manifests/rollout-night': stored('night', [], 'job'),
};

test('an app is moved once, whichever of its instances it is; what is no app’s is not', () => {
  const units = [
    ...['shop@3701.service', 'shop@3700.service', 'cron.service', 'shop-mail@1.service'],
    ...['shop@9.service', 'shop-other@3700.service'],
  ];
  assert.equal(hostShell(`apps_of_units <<'U'\n${units.join('\n')}\nU`, { memory }), 'shop\n');
  assert.equal(hostShell(`echo shop-two@3800.service | apps_of_units`, { memory }), 'shop-two\n');
  assert.equal(hostShell(`echo shop@3700.service | apps_of_units`), '');
});

/** What is done and told where these units run on replaced files before, and these after. */
const done = (before: string, after: string, more = ''): string[] =>
  hostShell(
    `${paths} HELPER=helper
    outdated_units() { [ -e $STATE/moved ] && printf '%s\n' ${after || "''"} || printf '%s\n' ${before}; }
    helper() { echo "$*"; [ "$2" != bad ] || return 1; }
    renew_nginx() { echo 'nginx renewed'; }
    limited() { shift; echo "$*"; }
    refresh_updates() { touch $STATE/moved; }
    alert() { echo "alert $*"; }
    mkdir -p $STATE/root/run $STATE/root/proc/sys/kernel $STATE/cache
    refresh() { :; }
    fail() { echo "keelson: $1"; exit 1; }
    ${more}
    after_updates || :`,
    { memory: { ...memory, 'manifests/rollout-bad': stored('bad', [4000]) } },
  )
    .split('\n')
    .filter(Boolean);

test('apps move one after another, then services that may be started anew; others are told', () => {
  assert.deepEqual(
    done(
      'shop@3700.service shop-two@3800.service nginx.service ssh.service dbus.service',
      'dbus.service',
    ),
    [
      ...['restart shop', 'restart shop-two', 'nginx renewed', 'systemctl try-restart ssh.service'],
      'alert updates services run on files that were replaced dbus.service',
      'Start them anew when they may be away for a moment, or reboot.',
    ],
  );
});

test('nothing to do is nothing to tell', () => assert.deepEqual(done("''", ''), []));

test('a reboot that is due is told, unless it is on its way', () => {
  const due = 'touch $STATE/root/run/reboot-required';
  const [told = ''] = done("''", '', due);
  assert.match(told, /^alert updates a reboot is due Updates that are installed already need it/);
  const planned = `${due}; mkdir -p $STATE/root/run/systemd/shutdown; touch $STATE/root/run/systemd/shutdown/scheduled`;
  assert.deepEqual(done("''", '', planned), []);
});

test('security updates that wait are told', () => {
  const [told = ''] = done("''", '', `printf 'known\\n7\\t2\\t1\\n' >$STATE/cache/updates`);
  assert.match(
    told,
    /^alert updates security updates wait 2 of Debian's were not installed; \/var\/log\/unattended-upgrades\//,
  );
});

const reboot = (memory: Record<string, string>, link = '') =>
  hostShell(
    `${paths}; mkdir -p $STATE/root; ${link && `ln -s boot/${link} $STATE/root/vmlinuz`}
    reboot_is_due && echo due || echo not`,
    { memory: { 'root/proc/sys/kernel/osrelease': '6.12.48+deb13-amd64\n', ...memory } },
  ).trim();

test('a newer kernel, or a package that asks for it, makes a reboot due', () => {
  assert.equal(reboot({}), 'not');
  assert.equal(reboot({}, 'vmlinuz-6.12.48+deb13-amd64'), 'not');
  assert.equal(reboot({}, 'vmlinuz-6.12.57+deb13-amd64'), 'due');
  assert.equal(reboot({ 'root/run/reboot-required': '' }), 'due');
});

test('a kernel setting that is optional is as wanted where the kernel has none', () => {
  const seen = (line: string) =>
    hostShell(`SYSCTLS=$STATE/sys/; observe_sysctl <<'L'\n${line}\nL`, {
      memory: { 'sys/kernel/there': '1\t2\n' },
    });
  assert.equal(
    seen('sysctl\tkernel.none\tvalue=1\t@optional=yes'),
    'sysctl\tkernel.none\tvalue=1\n',
  );
  assert.equal(
    seen('sysctl\tkernel.there\tvalue=1\t@optional=yes'),
    'sysctl\tkernel.there\tvalue=1 2\n',
  );
  assert.equal(
    seen('sysctl\tkernel.none\tvalue=1'),
    'sysctl\tkernel.none\tvalue=unknown to this kernel\n',
  );
});

test('a kernel setting is written to its place, and what was there comes back', () => {
  const key = 'net.ipv4.conf.eth0/100.forwarding';
  const place = 'sys/net/ipv4/conf/eth0/100/forwarding';
  const seen = hostShell(
    `SYSCTLS=$STATE/sys/ armed=''
    apply_sysctl "sysctl\t${key}\tvalue=1" && cat "$STATE/${place}"
    remove_sysctl ${key} && cat "$STATE/${place}"`,
    { memory: { [place]: '0\n' } },
  );
  assert.equal(seen, '1\n0\n');
});
