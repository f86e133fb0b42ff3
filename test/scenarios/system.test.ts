/** What is done to the system itself: updates by night and what follows them, the kernel's settings, modes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { chmod, does, lines, mainPids, waitFor, write } from '../harness/on-host.ts';
import { triedOn } from '../harness/releases.ts';
import { assertNothingToDo } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { visit } from '../load/visitors.ts';
import { assertUnharmed, type Shop, shopOn } from './rollout/shop.ts';

const instances = ['shop@3700.service', 'shop@3701.service'];
const on = { updates: {}, monit: { interval: '5m' } };
const off = { updates: false, hardening: false, monit: { interval: '5m' } };

/** A source of packages that says it is Debian's security, with a package whose second version replaces that of Node.js. */
const repository = `set -e
mkdir -p /root/pool /root/tiny/DEBIAN
build() {
  printf 'Package: tiny\\nVersion: %s\\nArchitecture: all\\nMaintainer: t <t@example.com>\\nDescription: tiny\\n' "$1" >/root/tiny/DEBIAN/control
  dpkg-deb --build /root/tiny "/root/pool/tiny_$1_all.deb" >/dev/null
}
build 1
dpkg -i /root/pool/tiny_1_all.deb >/dev/null
{ echo '#!/bin/sh -e'
  echo 'for it in /usr/lib/*/libnode.so.*; do cp -p "$it" "$it.dpkg-new"; mv "$it.dpkg-new" "$it"; done'
} >/root/tiny/DEBIAN/postinst
chmod 0755 /root/tiny/DEBIAN/postinst
build 2
cd /root/pool
{ dpkg-deb --field tiny_2_all.deb
  printf 'Filename: ./tiny_2_all.deb\\nSize: %s\\nSHA256: %s\\n\\n' "$(stat -c %s tiny_2_all.deb)" "$(sha256sum tiny_2_all.deb | cut -d ' ' -f 1)"
} >Packages
codename=$(. /etc/os-release; echo "$VERSION_CODENAME")
printf 'Origin: Debian\\nLabel: Debian-Security\\nSuite: stable-security\\nCodename: %s-security\\nDate: %s\\nSHA256:\\n %s %s Packages\\n' \\
  "$codename" "$(date -Ru)" "$(sha256sum Packages | cut -d ' ' -f 1)" "$(stat -c %s Packages)" >Release
chmod 0755 /root
mkdir -p /root/sources
mv /etc/apt/sources.list* /root/sources/
mkdir -p /etc/apt/sources.list.d
echo 'deb [trusted=yes] file:/root/pool ./' >/etc/apt/sources.list
apt-get -q update >/dev/null`;

for (const release of triedOn('trixie'))
  test(`the system (${release})`, { timeout: 600_000 }, async (t) => {
    const shop = await shopOn(t, { release });
    const { host, stack } = shop;
    await inOrder(t, [
      [
        'the first up brings all of it, the second changes nothing',
        async () => {
          shop.configure('one', undefined, { server: on });
          await shop.succeed('first up');
          await assertNothingToDo(stack);
        },
      ],
      ['the settings hold', () => holds(host)],
      ['drift is told and repaired', () => drifted(shop)],
      ['a security update is installed by the run of the night', () => updated(shop)],
      ['nginx and sshd are renewed under visitors', () => renewed(shop)],
      ['a WebSocket outlives the renewal of nginx', () => talking(shop)],
      ['a file of a package that somebody changed is named', () => tamperedWith(shop)],
      ['nothing is left to do', () => assertNothingToDo(stack)],
      ['switched off nothing of it stays', () => switchedOff(shop)],
    ]);
  });

async function holds(host: DebianHost): Promise<void> {
  const live = 'cat /proc/sys/net/ipv4/conf/{all,default}/{accept,secure,send}_redirects';
  assert.deepEqual(await lines(host, `bash -c '${live}'`), Array(6).fill('0'));
  const login = 'ulimit -Hc; umask';
  assert.equal(await host.exec(`su -l -s /bin/sh nobody -c '${login}' 2>/dev/null`), '0\n0027\n');
  // As needrestart reads it.
  const asked =
    'do "/etc/needrestart/conf.d/keelson.conf" or die; print grep { "shop\\@3700.service" =~ /$_/ } keys %{$nrconf{override_rc}}';
  assert.match(await host.exec(`perl -e '${asked}'`), /shop/);
  assert.match(await host.exec('cat /etc/modprobe.d/keelson.conf'), /^install dccp /m);
  // A container has the clock of its machine.
  assert.ok(!(await does(host, 'dpkg -s systemd-timesyncd')));
}

async function drifted({ host, stack }: Shop): Promise<void> {
  await host.exec('echo 1 >/proc/sys/net/ipv4/conf/all/send_redirects');
  await chmod(host, '/etc/security/limits.d/60-keelson.conf', '0666');
  await write(host, '/etc/apt/apt.conf.d/60keelson', '');
  await host.exec('systemctl disable --now --quiet apt-daily-upgrade.timer');
  assert.deepEqual(
    said(await stack.up())
      .split('\n')
      .filter((line) => /^drift/.test(line)),
    [
      'drift  file /etc/security/limits.d/60-keelson.conf mode 0666 → 0644',
      'drift  file /etc/apt/apt.conf.d/60keelson content',
      'drift  unit apt-daily-upgrade.timer enabled disabled → enabled',
      'drift  unit apt-daily-upgrade.timer active inactive → active',
      'drift  sysctl net.ipv4.conf.all.send_redirects value 1 → 0',
    ],
  );
}

/** Node.js's library is replaced under both instances, while clients use the app. */
async function updated(shop: Shop): Promise<void> {
  const { host } = shop;
  await host.exec(repository);
  await host.exec('touch /run/reboot-required');
  const before = await mainPids(host, ...instances);
  const judgement = await shop.under({ kinds: ['POST, keep-alive', 'POST, fresh'] }, async () => {
    await host.exec('systemctl start apt-daily-upgrade.service');
    await waitFor(host, 'journalctl -q -u keelson-updated | grep -q "Finished\\|Failed"', 60);
  });
  shop.tell(await host.exec('journalctl -q -o cat -u keelson-updated'));
  assertUnharmed(judgement);
  assert.equal(await host.exec('dpkg-query -W tiny'), 'tiny\t2\n');
  const after = await mainPids(host, ...instances);
  assert.deepEqual(
    after.filter((pid) => pid === 0 || before.includes(pid)),
    [],
  );
  const moved = (await shop.log()).matchAll(
    /^\S+ restart rollout-shop change rollout shop (\d+) /gm,
  );
  assert.deepEqual(
    [...moved].map(([, port]) => port),
    ['3700', '3701'],
  );
  assert.match(
    await host.exec('journalctl -q -o cat -t keelson-alert'),
    /^updates a reboot is due: /m,
  );
  assert.ok(!(await does(host, 'ls /run/systemd/shutdown/scheduled')));
}

/** Each week, by itself; here at once. Those of settings differ as they may, and are not named. */
async function tamperedWith({ host }: Shop): Promise<void> {
  await host.exec('systemctl start keelson-verify.service');
  await host.exec('cp -p /usr/bin/lsattr /root/ && echo >>/usr/bin/lsattr');
  assert.ok(!(await does(host, 'systemctl start keelson-verify.service')));
  assert.equal(
    await host.exec('journalctl -q -o cat -b _SYSTEMD_UNIT=keelson-verify.service'),
    '/usr/bin/lsattr\n',
  );
  await host.exec(
    'mv /root/lsattr /usr/bin/ && systemctl reset-failed && systemctl start keelson-verify.service',
  );
}

/** New files in place of these libraries, as an upgrade lays them down. */
const replace = (host: DebianHost, ...libraries: string[]) =>
  host.exec(
    `for it in ${libraries.map((name) => `/usr/lib/*/${name}`).join(' ')}; do cp -p $it $it.new; mv $it.new $it; done`,
  );

/** Of the nginx that takes requests; another may be on its way out. */
const nginxPid = async (host: DebianHost): Promise<number> =>
  Number(await host.exec('cat /run/nginx.pid'));

/** OpenSSL is replaced by hand. A connection that a visitor keeps open nginx may close, as when it is reloaded. */
async function renewed(shop: Shop): Promise<void> {
  const { host } = shop;
  const pids = async () => [await nginxPid(host), ...(await mainPids(host, 'ssh.service'))];
  const before = await pids();
  await replace(host, 'libcrypto.so.3', 'libssl.so.3');
  const visitors = visit(host, host.address);
  const told = await host.exec('keelson updated');
  const seen = await visitors.leave();
  shop.tell(`${told}${JSON.stringify(seen)}`);
  const after = await pids();
  assert.deepEqual(
    after.filter((pid) => pid === 0 || before.includes(pid)),
    [],
  );
  assert.deepEqual(seen.failed, []);
}

/** The old nginx goes on for those who are in the middle of something, and is none that a second run has to renew. */
async function talking({ host }: Shop): Promise<void> {
  const before = await nginxPid(host);
  const talk = await conversation(host);
  // Not of Node.js: an app that is moved ends what it talks about.
  await replace(host, 'libcrypt.so.1.*');
  await host.exec('keelson updated');
  const after = await nginxPid(host);
  assert.notEqual(after, before);
  assert.equal(await talk.says('still here'), 'still here');
  assert.equal(await host.exec('keelson updated'), '');
  assert.equal(await nginxPid(host), after);
  talk.end();
  await waitFor(host, 'test ! -e /run/nginx.pid.oldbin');
}

/** A WebSocket that stays open, and echoes what it is told. */
async function conversation(host: DebianHost) {
  const socket = new WebSocket(`ws://${host.address}/echo`);
  await once(socket, 'open');
  return {
    says: async (words: string): Promise<string> => {
      socket.send(words);
      const [echo] = await once(socket, 'message');
      return String(echo);
    },
    end: () => socket.close(),
  };
}

async function switchedOff(shop: Shop): Promise<void> {
  const { host, stack } = shop;
  shop.configure('one', undefined, { server: off });
  const before = await mainPids(host, ...instances, 'nginx.service');
  await shop.succeed('switched off');
  const left = await lines(
    host,
    'find /etc -path /etc/keelson/shop -prune -o \\( -name "*keelson-hardening*" -o -name "*keelson-network*" -o -name 60keelson -o -name "keelson-updated*" -o -path "*/apt-daily*keelson*" -o -path "*needrestart*" -o -name updates.conf -o -name "keelson-umask*" -o -name "keelson-dumps*" -o -name "keelson-verify*" \\) -print',
  );
  assert.deepEqual(left, []);
  assert.equal(await host.exec('cat /proc/sys/net/ipv4/conf/all/send_redirects'), '1\n');
  assert.deepEqual(await mainPids(host, ...instances, 'nginx.service'), before);
  await assertNothingToDo(stack);
}
