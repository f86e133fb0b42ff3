/** Each kind of item alone on a host: what is seen of it, that it is made and mended, and what is left when it goes. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Item, sha256 } from '../../components/host/item.ts';
import {
  absent,
  aptPackage,
  blob,
  directory,
  file,
  group,
  link,
  monitorCheck,
  setting,
  sshdSetting,
  sysctl,
  systemUser,
  tree,
  unit,
} from '../../components/host/kinds.ts';
import { withFiles } from '../../components/host/unit-files.ts';
import { filter } from '../../components/server/filter.ts';
import { run as runHere } from '../../tools/lib/process.ts';
import { apply, converge, install, manifest, prune, rows } from '../harness/helper.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { triedOn } from '../harness/releases.ts';
import { items, trixie } from '../unit/shop.ts';

type Story = {
  /** What it needs on the host before. */
  prepare?: (host: DebianHost) => Promise<unknown>;
  items: Item[];
  /** What is seen at first, and said when it is made. */
  first: string[];
  /** A damage, as a shell line, and what is seen of it and said when it is mended. */
  damages: [shell: string, rows: string[]][];
  /** Lines that are said beside the rows, such as what a service was told. */
  beside?: RegExp;
  /** What is said when it goes. */
  gone: string[];
  /** A shell line that succeeds when nothing is left of it, or all is as before. */
  left: string;
};

const archive = async (): Promise<Buffer> => {
  const script = `set -e; d=$(mktemp -d); mkdir $d/inner; echo one >$d/a.txt; echo two >$d/inner/b.sh; chmod 755 $d/inner/b.sh
    tar -C $d --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -c . | base64; rm -r $d`;
  return Buffer.from((await runHere('sh', ['-c', script])).stdout, 'base64');
};
const packed = await archive();
const hash = sha256(packed);
const short = hash.slice(0, 8);
const send = (host: DebianHost) =>
  host.exec(`mkdir -p /var/lib/keelson/incoming && base64 -d >/var/lib/keelson/incoming/${hash}`, {
    input: gzipSync(packed).toString('base64'),
  });

const rules = items(filter.render?.({}, { facts: trixie })).filter(
  ({ kind }) => kind !== 'package',
);

const stories: Record<string, Story> = {
  package: {
    items: [aptPackage('attr')],
    first: ['new    package attr'],
    damages: [['dpkg --remove attr', ['drift  package attr missing → installed']]],
    gone: ['gone   package attr'],
    left: '! which getfattr',
  },
  group: {
    items: [group('crew', ['daemon', 'bin'])],
    first: ['new    group crew'],
    damages: [
      ['gpasswd -a sys crew', ['drift  group crew members bin,daemon,sys → bin,daemon']],
      ['groupdel crew', ['drift  group crew missing → present']],
    ],
    gone: ['gone   group crew'],
    left: '! getent group crew',
  },
  user: {
    items: [group('crew'), systemUser('sailor', { group: 'crew', groups: ['adm'] })],
    first: ['new    group crew', 'new    user sailor'],
    damages: [
      [
        'usermod -s /bin/sh -G "" sailor; echo sailor:x | chpasswd',
        [
          'drift  user sailor groups none → adm',
          'drift  user sailor shell /bin/sh → /usr/sbin/nologin',
          'drift  user sailor password set → locked',
        ],
      ],
    ],
    gone: ['gone   user sailor', 'gone   group crew'],
    left: '! getent passwd sailor && ! getent group crew',
  },
  directory: {
    items: [
      directory('/srv/own', { whole: true }),
      directory('/srv/own/kept', { remove: 'keep', mode: '2750', owner: 'daemon' }),
      directory('/srv/own/empty', { remove: 'keep' }),
      directory('/srv/own/last', { remove: 'last' }),
      directory('/srv/all', { remove: 'all', deep: true }),
    ],
    first: [
      'new    directory /srv/own',
      'new    directory /srv/own/kept',
      'new    directory /srv/own/empty',
      'new    directory /srv/own/last',
      'new    directory /srv/all',
    ],
    damages: [
      [
        'touch /srv/own/stray /srv/own/.hidden "/srv/own/a,b" /srv/own/kept/data; chmod 00777 /srv/own/kept',
        [
          'drift  directory /srv/own extra .hidden,a?b,stray → none',
          'drift  directory /srv/own/kept mode 0777 → 2750',
        ],
      ],
      [
        'rmdir /srv/own/last; touch /srv/own/last; touch /srv/all/a; chown -R bin /srv/all',
        [
          'drift  directory /srv/own/last file, not directory',
          'drift  directory /srv/all owner bin → root',
        ],
      ],
    ],
    gone: [
      'gone   directory /srv/own/last',
      "gone   directory /srv/own/kept: kept, now root's",
      'gone   directory /srv/own/empty',
      'gone   directory /srv/own: kept, it is not empty',
      'gone   directory /srv/all',
    ],
    left: 'test "$(stat -c %U /srv/own/kept)" = root && ! test -e /srv/own/last && ! test -e /srv/own/empty && ! test -e /srv/all',
  },
  file: {
    prepare: (host) => host.exec('echo before >/etc/own.conf'),
    items: [
      file('/etc/own.conf', 'wanted\n', { mode: '0640', group: 'adm' }),
      file('/etc/empty', ''),
    ],
    first: [
      'found  file /etc/own.conf group root → adm',
      'found  file /etc/own.conf mode 0644 → 0640',
      'found  file /etc/own.conf content',
      'new    file /etc/empty',
    ],
    damages: [
      ['echo other >/etc/own.conf', ['drift  file /etc/own.conf content']],
      [
        'chmod 4755 /etc/own.conf; chown daemon /etc/own.conf',
        [
          'drift  file /etc/own.conf mode 0755 → 0640',
          'drift  file /etc/own.conf owner daemon → root',
        ],
      ],
      [
        'rm /etc/own.conf; mkdir /etc/own.conf; rm /etc/empty',
        [
          'drift  file /etc/own.conf directory, not file',
          'drift  file /etc/empty missing → present',
        ],
      ],
    ],
    gone: ['gone   file /etc/own.conf', 'gone   file /etc/empty'],
    left: 'test "$(cat /etc/own.conf)" = before && ! test -e /etc/empty',
  },
  link: {
    items: [link('/etc/own.link', 'hostname')],
    first: ['new    link /etc/own.link'],
    damages: [
      [
        'ln -sfn /etc/shadow /etc/own.link',
        ['drift  link /etc/own.link target /etc/shadow → hostname'],
      ],
      ['rm /etc/own.link; echo x >/etc/own.link', ['drift  link /etc/own.link file, not link']],
    ],
    gone: ['gone   link /etc/own.link'],
    left: '! test -e /etc/own.link',
  },
  absent: {
    prepare: (host) => host.exec('echo before >/etc/unwanted'),
    items: [absent('/etc/unwanted')],
    first: ['found  absent /etc/unwanted file, not absent'],
    damages: [['mkdir /etc/unwanted', ['drift  absent /etc/unwanted directory, not absent']]],
    gone: ['gone   absent /etc/unwanted'],
    left: 'test "$(cat /etc/unwanted)" = before',
  },
  blob: {
    prepare: send,
    items: [blob(hash, 'r0')],
    first: [`new    blob ${short}`],
    damages: [],
    gone: [],
    left: `! test -e /var/lib/keelson/blobs/${hash}`,
  },
  tree: {
    prepare: send,
    items: [
      blob(hash, 'r0'),
      tree('/srv/tree', {
        ...{ blob: hash, owner: 'root', group: 'adm', remove: 'keep' },
        ...{ directories: '2750', files: '0640', executables: '0750' },
      }),
    ],
    first: [`new    blob ${short}`, 'new    tree /srv/tree'],
    damages: [
      [
        'echo x >>/srv/tree/a.txt; touch /srv/tree/b',
        ['drift  tree /srv/tree content a.txt b → intact'],
      ],
      ['rm -r /srv/tree/inner', ['drift  tree /srv/tree content inner inner/b.sh → intact']],
      [
        'chown bin /srv/tree',
        ['drift  tree /srv/tree owner bin → root', 'drift  tree /srv/tree content . → intact'],
      ],
    ],
    gone: ['gone   tree /srv/tree'],
    left: '! test -e /srv/tree && ! ls /var/lib/keelson/trees/*',
  },
  sysctl: {
    items: [sysctl('net.ipv4.tcp_fin_timeout', '33')],
    first: ['found  sysctl net.ipv4.tcp_fin_timeout value 60 → 33'],
    damages: [
      [
        'sysctl -w net.ipv4.tcp_fin_timeout=7',
        ['drift  sysctl net.ipv4.tcp_fin_timeout value 7 → 33'],
      ],
    ],
    gone: ['gone   sysctl net.ipv4.tcp_fin_timeout'],
    left: 'test "$(cat /proc/sys/net/ipv4/tcp_fin_timeout)" = 60',
  },
  ruleset: {
    prepare: (host) => host.exec('apt-get install -y -qq nftables >/dev/null 2>&1'),
    items: rules.map((item) => withFiles(item, rules)),
    first: [
      'new    directory /etc/keelson',
      'new    directory /etc/keelson/filter.d',
      'new    file /etc/keelson/filter.d/table.nft',
      'new    file /etc/systemd/system/keelson-filter.service',
      'new    unit keelson-filter.service',
      'new    ruleset keelson',
    ],
    damages: [
      ['nft flush ruleset', ['drift  ruleset keelson missing → present']],
      [
        'nft add element inet keelson ports "{ 80 }"',
        ['drift  ruleset keelson rules others → loaded'],
      ],
      [
        'echo "# by hand" >>/etc/keelson/filter.d/table.nft',
        ['drift  file /etc/keelson/filter.d/table.nft content'],
      ],
      [
        'systemctl stop keelson-filter',
        ['drift  unit keelson-filter.service active inactive → active'],
      ],
    ],
    beside: /^change unit keelson-filter.service: reloaded$/,
    gone: [
      'gone   unit keelson-filter.service',
      'gone   file /etc/systemd/system/keelson-filter.service',
      'gone   file /etc/keelson/filter.d/table.nft',
      'gone   directory /etc/keelson/filter.d',
      'gone   directory /etc/keelson',
    ],
    left: '! nft list table inet keelson',
  },
  sshd: {
    items: [
      file('/etc/ssh/sshd_config.d/10-keelson.conf', 'X11Forwarding no\n', { check: 'sshd' }),
      unit('ssh.service', { failed: 'no', change: 'reload', config: '/etc/ssh/sshd_config.d' }),
      sshdSetting('X11Forwarding', 'no'),
    ],
    first: [
      'new    file /etc/ssh/sshd_config.d/10-keelson.conf',
      'found  sshd X11Forwarding value yes → no',
    ],
    damages: [
      [
        'echo X11Forwarding yes >/etc/ssh/sshd_config.d/10-keelson.conf',
        [
          'drift  file /etc/ssh/sshd_config.d/10-keelson.conf content',
          'drift  sshd X11Forwarding value yes → no',
        ],
      ],
    ],
    beside: /^change unit ssh.service: reloaded$/,
    gone: ['gone   unit ssh.service', 'gone   file /etc/ssh/sshd_config.d/10-keelson.conf'],
    left: 'sshd -T | grep -x "x11forwarding yes"',
  },
  setting: {
    prepare: (host) =>
      host.exec('hostname first; echo first >/etc/hostname; cp /etc/login.defs /root/login.defs'),
    items: [
      setting('timezone', 'Europe/Berlin'),
      setting('hostname', 'second'),
      setting('login.PASS_WARN_AGE', '14'),
      setting('login.YESCRYPT_COST_FACTOR', '6'),
    ],
    first: [
      'found  setting timezone value Etc/UTC → Europe/Berlin',
      'found  setting hostname value first → second',
      'found  setting login.PASS_WARN_AGE value 7 → 14',
      'found  setting login.YESCRYPT_COST_FACTOR value nothing → 6',
    ],
    damages: [
      ['hostname third', ['drift  setting hostname value third, on disk second → second']],
      [
        "sed -i '/^YESCRYPT/d' /etc/login.defs; printf 'PASS_WARN_AGE 3\\n' >>/etc/login.defs",
        [
          'drift  setting login.PASS_WARN_AGE value 14,3 → 14',
          'drift  setting login.YESCRYPT_COST_FACTOR value nothing → 6',
        ],
      ],
    ],
    gone: [
      'gone   setting login.YESCRYPT_COST_FACTOR',
      'gone   setting login.PASS_WARN_AGE',
      'gone   setting hostname',
      'gone   setting timezone',
    ],
    left: 'test "$(hostname)$(cat /etc/hostname)" = firstfirst && readlink /etc/localtime | grep UTC && sed "$ { /^PASS_WARN_AGE 7$/d }" /etc/login.defs | cmp - /root/login.defs',
  },
  unit: {
    items: [
      file(
        '/etc/systemd/system/own.service',
        '[Service]\nExecStart=/bin/sleep inf\n[Install]\nWantedBy=multi-user.target\n',
        { check: 'systemd' },
      ),
      unit('own.service', {
        enabled: 'enabled',
        active: 'active',
        fragment: '/etc/systemd/system/own.service',
        change: 'restart',
      }),
      unit('dpkg-db-backup.timer', { enabled: 'masked', active: 'inactive' }),
    ],
    first: [
      'new    file /etc/systemd/system/own.service',
      'found  unit dpkg-db-backup.timer enabled enabled → masked',
      'found  unit dpkg-db-backup.timer active active → inactive',
      'new    unit own.service',
    ],
    damages: [
      ['systemctl stop own', ['drift  unit own.service active inactive → active']],
      [
        'systemctl disable own; systemctl unmask dpkg-db-backup.timer',
        [
          'drift  unit own.service enabled disabled → enabled',
          'drift  unit dpkg-db-backup.timer enabled enabled → masked',
        ],
      ],
      [
        'mkdir /etc/systemd/system/own.service.d; printf "[Service]\\nNice=5\\n" >/etc/systemd/system/own.service.d/x.conf; systemctl daemon-reload',
        ['drift  unit own.service dropins /etc/systemd/system/own.service.d/x.conf → none'],
      ],
      [
        'echo "# x" >>/etc/systemd/system/own.service',
        ['drift  file /etc/systemd/system/own.service content'],
      ],
    ],
    beside: /^change unit own.service: restarted$/,
    gone: [
      'gone   unit dpkg-db-backup.timer',
      'gone   unit own.service',
      'gone   file /etc/systemd/system/own.service',
    ],
    left: '! systemctl cat own.service && systemctl is-enabled dpkg-db-backup.timer && systemctl is-active dpkg-db-backup.timer',
  },
  monitor: {
    // Monit of Debian 12 has an init script alone, for which the kit brings a unit.
    prepare: (host) =>
      host.exec(`
        apt-get install -y -qq monit >/dev/null 2>&1
        printf 'set httpd unixsocket /run/monit.sock allow localhost\\n' >/etc/monit/conf.d/http
        systemctl stop monit
        [ -e /usr/lib/systemd/system/monit.service ] || {
          printf '[Service]\\nExecStart=/usr/bin/monit -I\\nExecReload=/usr/bin/monit reload\\n' >/usr/lib/systemd/system/monit.service
          systemctl daemon-reload
        }
        systemctl start monit; sleep 1`),
    items: [
      file('/etc/monit/conf.d/own', 'check filesystem own with path /srv\n', {
        mode: '0600',
        check: 'monit',
      }),
      unit('monit.service', { active: 'active', change: 'reload', config: '/etc/monit' }),
      monitorCheck('own'),
    ],
    first: ['new    file /etc/monit/conf.d/own', 'new    monitor own'],
    damages: [
      ['monit unmonitor own; sleep 1', ['drift  monitor own not monitored → monitored']],
      ['systemctl stop monit', ['drift  unit monit.service active inactive → active']],
      ['touch /etc/monit/conf.d/own', ['drift  unit monit.service config stale → current']],
    ],
    beside: /^change unit monit.service: reloaded$/,
    gone: ['gone   unit monit.service', 'gone   file /etc/monit/conf.d/own'],
    left: '! test -e /etc/monit/conf.d/own',
  },
};

for (const release of triedOn('trixie'))
  test(`each kind of item (${release})`, async (t: TestContext) => {
    const host = await testHost(t, { release });
    await install(host);
    for (const [kind, story] of Object.entries(stories))
      await t.test(kind, () => tell(host, story).finally(() => prune(host)));
  });

async function tell(host: DebianHost, story: Story): Promise<void> {
  const given = manifest(story.items);
  const said = async () =>
    (await converge(host, given)).filter((line) => !story.beside?.test(line)).sort();
  await story.prepare?.(host);
  const first = [...story.first].sort();
  assert.deepEqual((await rows(host, given)).sort(), first);
  assert.deepEqual(await said(), first);
  assert.deepEqual(await rows(host, given), []);
  assert.deepEqual(await apply(host, given), []);
  for (const [shell, damaged] of story.damages) {
    await host.exec(shell);
    assert.deepEqual((await rows(host, given)).sort(), [...damaged].sort(), shell);
    assert.deepEqual(await said(), [...damaged].sort(), shell);
    assert.deepEqual(await rows(host, given), [], shell);
    assert.deepEqual(await apply(host, given), [], shell);
  }
  const gone = (await prune(host)).filter((line) => !line.startsWith('change '));
  assert.deepEqual(gone, story.gone);
  await host.exec(story.left);
}
