/** The helper alone on a bare host, without Pulumi: what a manifest names is made, mended and taken away. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Item } from '../../components/host/item.ts';
import {
  absent,
  aptPackage,
  directory,
  file,
  group,
  link,
  sysctl,
  systemUser,
  unit,
} from '../../components/host/kinds.ts';
import * as helper from '../harness/helper.ts';
import { install, manifest, prune } from '../harness/helper.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { holdLock } from '../harness/lock.ts';

/** Seconds that apt's locks are waited for. */
const patience = 6;

const tryApply = (host: DebianHost, items: readonly Item[]) =>
  helper.tryApply(host, manifest(items));
const apply = (host: DebianHost, items: readonly Item[]) => helper.apply(host, manifest(items));
const look = (host: DebianHost, items: readonly Item[]) => helper.rows(host, manifest(items));

/** Takes a package off the host as a person would, so that it has to be installed. */
const without = (host: DebianHost, name: string): Promise<string> =>
  host.exec(`SUDO_FORCE_REMOVE=yes apt-get -y purge ${name} 2>&1`);

test('the helper', async (t: TestContext) => {
  const host = await testHost(t);
  await install(host, (text) => text.replace(/^APT_WAIT=.*$/m, `APT_WAIT=${patience}`));
  for (const [title, check] of steps) await t.test(title, () => check(host));
});

const steps: [string, (host: DebianHost) => Promise<void>][] = [
  ['makes, mends and takes away what a manifest names', lifecycle],
  ['refuses what is somebody else’s, and touches nothing of it', foreign],
  ['leaves a package that is not named any more until the whole manifest goes', packages],
  ['waits for the locks of apt, and says who holds them', locks],
];

async function lifecycle(host: DebianHost): Promise<void> {
  const version = (await host.exec("apt-cache policy acl | sed -n 's/^  Candidate: //p'")).trim();
  const states =
    'systemctl is-enabled apt-daily.timer dpkg-db-backup.timer fstrim.timer; systemctl is-active apt-daily.timer dpkg-db-backup.timer';
  const before = await host.exec(`${states}; sysctl net.ipv4.tcp_fin_timeout; cat /etc/motd`);
  const items = [
    aptPackage('acl', version),
    aptPackage('sudo'),
    directory('/etc/own', { whole: true }),
    file('/etc/own/file', 'text'),
    group('own'),
    systemUser('own', { group: 'own' }),
    link('/etc/own/link', 'file'),
    absent('/etc/motd'),
    sysctl('net.ipv4.tcp_fin_timeout', '33'),
    unit('apt-daily.timer', { enabled: 'masked', active: 'inactive' }),
    unit('dpkg-db-backup.timer', { enabled: 'disabled', active: 'inactive' }),
  ];
  assert.ok((await look(host, items)).length >= 8);
  await apply(host, items);
  assert.deepEqual(await look(host, items), []);
  assert.deepEqual(await apply(host, items), []);

  const history = await host.exec('cat /var/log/apt/history.log');
  await host.exec(`apt-mark hold acl; ln -sfn /etc/shadow /etc/own/link; date >/etc/motd
    sysctl -w net.ipv4.tcp_fin_timeout=10; systemctl unmask apt-daily.timer
    systemctl enable --now dpkg-db-backup.timer; sed -i 's/^own:x:[0-9]*/own:x:0/' /etc/passwd`);
  const damaged = await look(host, items);
  assert.deepEqual(damaged, [
    'drift  user own uid 0 → none',
    'drift  link /etc/own/link target /etc/shadow → file',
    'drift  absent /etc/motd file, not absent',
    'drift  sysctl net.ipv4.tcp_fin_timeout value 10 → 33',
    'drift  unit apt-daily.timer enabled enabled → masked',
    'drift  unit dpkg-db-backup.timer enabled enabled → disabled',
    'drift  unit dpkg-db-backup.timer active active → inactive',
  ]);
  assert.deepEqual(await apply(host, items), damaged);
  assert.deepEqual(await look(host, items), []);
  // A hold is its people's: it is no drift, and stays, as does what is held when the kit goes.
  assert.equal(await host.exec('cat /var/log/apt/history.log'), history);
  assert.equal(await host.exec('apt-mark showhold && apt-mark unhold acl >/dev/null'), 'acl\n');

  await apply(
    host,
    items.filter(({ name }) => name !== 'apt-daily.timer'),
  );
  assert.equal(
    await host.exec('systemctl is-enabled apt-daily.timer && systemctl is-active apt-daily.timer'),
    'enabled\nactive\n',
  );
  await prune(host);
  const after = await host.exec(`${states}; sysctl net.ipv4.tcp_fin_timeout; cat /etc/motd`);
  assert.equal(after.replace(/\n[^\n]*$/, ''), before.replace(/\n[^\n]*$/, ''));
  assert.equal((await host.tryExec('ls /etc/own /var/lib/keelson/manifests/base')).stdout, '');
}

async function foreign(host: DebianHost): Promise<void> {
  await host.exec(
    'useradd -m -s /bin/bash -G adm jane; echo jane:secret | chpasswd; groupadd team; touch /usr/lib/systemd/system/vpn@.service',
  );
  const accounts = 'getent passwd jane; getent shadow jane; id jane; getent group team';
  const before = await host.exec(accounts);
  const jane = [group('jane'), systemUser('jane', { group: 'jane' })];
  const vpn = file('/etc/systemd/system/vpn@.service', 'text');
  const all = [...jane, group('team'), vpn, file('/etc/own', 'text')];
  const told = await look(host, all).catch((error: Error) => error.message.split('; '));
  const named = (command: string, item: string) => [
    `${item} is there already, and Keelson did not make it`,
    `choose another name in the stack file, or remove it (${command}) if nobody needs it`,
  ];
  assert.deepEqual(told, [
    ...named('groupdel jane', 'group jane'),
    ...named('userdel jane', 'user jane'),
    ...named('groupdel team', 'group team'),
    'file /etc/systemd/system/vpn@.service would take the place of /usr/lib/systemd/system/vpn@.service, which a package brought',
    'rename the app',
  ]);
  for (const item of all.slice(0, 4)) {
    const { code, stderr } = await tryApply(host, [item, file('/etc/own', 'text')]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^keelson: refused, nothing was changed: ${item.kind} ${item.name} `),
    );
  }
  await prune(host);
  assert.equal(await host.exec(accounts), before);
  assert.equal((await host.tryExec('ls /etc/own')).stdout, '');
  // What the kit made is its own also after the host has lost all memory of it.
  const own = [group('own'), systemUser('own', { group: 'own' })];
  await apply(host, own);
  await host.exec('rm -rf /var/lib/keelson; usermod -s /bin/bash own');
  assert.deepEqual(await apply(host, own), ['found  user own shell /bin/bash → /usr/sbin/nologin']);
  await prune(host);
  assert.equal((await host.tryExec('getent passwd own; getent group own')).stdout, '');
}

/** The kit's own go, as far as nothing that stays needs them; what they keep on the disk stays. */
async function packages(host: DebianHost): Promise<void> {
  await without(host, 'sudo');
  await apply(
    host,
    ['nginx', 'acl', 'sudo'].map((name) => aptPackage(name)),
  );
  await apply(host, [aptPackage('acl')]);
  const installed = async () => (await host.tryExec('which nginx setfacl sudo')).stdout;
  assert.equal(await installed(), '/usr/sbin/nginx\n/usr/bin/setfacl\n/usr/bin/sudo\n');
  await host.exec(
    'echo server {} >/etc/nginx/conf.d/own.conf; echo line >>/var/log/nginx/access.log',
  );
  const gone = await prune(host);
  for (const name of ['acl', 'nginx', 'sudo'])
    assert.ok(gone.includes(`gone   package ${name}`), gone.join('\n'));
  assert.equal(await installed(), '');
  await host.exec('test -s /etc/nginx/conf.d/own.conf -a -s /var/log/nginx/access.log');
  // Once more, over what the first time left.
  await apply(host, [aptPackage('nginx')]);
  assert.ok((await prune(host)).includes('gone   package nginx'));
  assert.equal(await installed(), '');
}

async function locks(host: DebianHost): Promise<void> {
  const lists = '/var/lib/apt/lists';
  const [one, two, three] = ['acl', 'attr', 'nftables'].map((name) => aptPackage(name)) as Item[];
  assert.ok(one && two && three);
  await holdLock(host, '/var/cache/apt/archives/lock', 2);
  await apply(host, [one]);
  await host.exec('dpkg --remove acl');
  await holdLock(host, '/var/lib/dpkg/lock-frontend', 2);
  assert.deepEqual(await apply(host, [one]), ['drift  package acl missing → installed']);
  // Without its lists apt does not know the package, and has to fetch them.
  const hide = `mkdir -p /root/lists && mv ${lists}/*_* /root/lists`;
  const show = `mv /root/lists/* ${lists}`;
  await host.exec(hide);
  await holdLock(host, `${lists}/lock`, 3, show);
  await apply(host, [one, two]);
  await host.exec(hide);
  await holdLock(host, `${lists}/lock`, 60);
  const { code, stderr } = await tryApply(host, [one, two, three]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /keelson: apt-get could not install nftables:\n.*Could not get lock \/var\/lib\/apt\/lists\/lock\. It is held by process \d+ \(perl\).*Waited 6 s/s,
  );
  await host.exec(`systemctl stop holder; ${show}`);
  await apply(host, [one, two, three]);
  await prune(host);
}
