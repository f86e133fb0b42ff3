/** Corners of Debian: pipes in the place of files, programs without an end, packages, apt's sources, logrotate, accounts. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Item } from '../../components/host/item.ts';
import {
  aptPackage,
  directory,
  file,
  group,
  systemUser,
  unit,
} from '../../components/host/kinds.ts';
import { logrotate } from '../../components/server/logrotate.ts';
import { nginx } from '../../components/server/nginx.ts';
import * as helper from '../harness/helper.ts';
import { apply, converge, install, lookAt, manifest, prune } from '../harness/helper.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { does, lines, read, write } from '../harness/on-host.ts';
import { documented } from '../harness/operating.ts';
import { triedOn } from '../harness/releases.ts';
import { web1 } from '../unit/shop.ts';

const tryApply = (host: DebianHost, ...items: Item[]) => helper.tryApply(host, manifest(items));
const rows = (host: DebianHost, ...items: Item[]) => helper.rows(host, manifest(items));

/** The limits of the helper are these many seconds here, and a check `sshd` has no end. */
const impatient = (text: string): string =>
  text
    .replace(/^CHECK_LIMIT=.*$/m, 'CHECK_LIMIT=20 ACCOUNT_LIMIT=20 JOB_LIMIT=20 APT_LIMIT=900')
    .replace('check_sshd() {', 'check_sshd() { sleep 999;');

const packages = manifest(
  ['nginx', 'sudo', 'logrotate', 'monit', 'e2fsprogs'].map((name) => aptPackage(name)),
  'packages',
);
const clear = (host: DebianHost) => prune(host, packages.name);

const config = (path: string, content: string, check: string, mode = '0644') =>
  file(path, content, { check, mode });

const services: Item[] = [
  directory('/etc/nginx/keelson.d'),
  directory('/etc/monit/keelson.d'),
  unit('nginx.service', { active: 'active', change: 'reload', config: '/etc/nginx' }),
];
const files: Item[] = [
  config('/etc/nginx/conf.d/own.conf', '# one\n', 'nginx'),
  config('/etc/sudoers.d/own', '# one\n', 'sudoers', '0440'),
  config('/etc/logrotate.d/own', '/x {\n\tmissingok\n\tdaily\n}\n', 'logrotate'),
  config('/etc/monit/conf.d/own', '# one\n', 'monit', '0600'),
];

const steps: Record<string, (host: DebianHost) => Promise<void>> = {
  'a pipe in the place of a file is repaired, and nothing waits for it': async (host) => {
    await converge(host, manifest([...services, ...files]));
    const paths = files.map(({ name }) => name);
    for (const path of paths) {
      await host.exec(`rm ${path} && mkfifo ${path}`);
      assert.deepEqual(await rows(host, ...services, ...files), [
        `drift  file ${path} fifo, not file`,
      ]);
      const began = Date.now();
      const said = await converge(host, manifest([...services, ...files]));
      assert.ok(Date.now() - began < 15_000, `${path}: ${Date.now() - began} ms`);
      assert.equal(said[0], `drift  file ${path} fifo, not file`);
      assert.ok(await does(host, `test -f ${path}`));
    }
    // All of them at once, two of them in a manifest that comes later.
    await host.exec(paths.map((path) => `rm ${path}; mkfifo ${path}`).join(';'));
    const [site, sudo, rotation, checks] = files as [Item, Item, Item, Item];
    const both = [
      manifest([...services, sudo, rotation, config('/etc/nginx/conf.d/new.conf', '#\n', 'nginx')]),
      manifest([site, checks], 'site'),
    ];
    const began = Date.now();
    await converge(host, ...both);
    assert.ok(Date.now() - began < 20_000);
    assert.deepEqual(await converge(host, ...both), []);
  },

  'an immutable file is mended, and what is mounted below /etc is checked with the rest': async (
    host,
  ) => {
    const all = manifest([...services, ...files]);
    await converge(host, all);
    const [site] = files as [Item];
    await host.exec(`echo broken >>${site.name}; chattr +i ${site.name}`);
    await converge(host, all);
    assert.equal(await read(host, site.name), '# one\n');
    // Read by nginx, and seen where it is mounted alone.
    await write(host, '/root/theirs', 'map $uri $theirs { default yes; }\n');
    await host.exec(
      'touch /etc/nginx/conf.d/theirs.conf; mount --bind /root/theirs /etc/nginx/conf.d/theirs.conf',
    );
    const using = (name: string) =>
      config('/etc/nginx/conf.d/z.conf', `map $${name} $z { default no; }\n`, 'nginx');
    await converge(host, manifest([...services, ...files, using('theirs')]));
    const refused = await tryApply(host, ...services, ...files, using('nobodys'));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /unknown "nobodys" variable/);
    assert.equal(await read(host, '/etc/nginx/conf.d/z.conf'), 'map $theirs $z { default no; }\n');
    await host.exec('umount /etc/nginx/conf.d/theirs.conf');
    await converge(host, all);
    await host.exec('rm /etc/nginx/conf.d/theirs.conf');
  },

  'what is neither file nor directory, and somebody else’s, is named where a service would wait for it':
    async (host) => {
      await host.exec('mkfifo /etc/logrotate.d/theirs /etc/sudoers.d/theirs');
      await converge(host, manifest([...services, ...files]));
      await host.exec('mkfifo /etc/nginx/conf.d/theirs.conf');
      const { code, stderr } = await tryApply(
        host,
        ...services,
        config('/etc/nginx/conf.d/own.conf', '# two\n', 'nginx'),
      );
      await host.exec(
        'rm /etc/logrotate.d/theirs /etc/sudoers.d/theirs /etc/nginx/conf.d/theirs.conf',
      );
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^keelson: refused, nothing was changed: \/etc\/nginx\/conf\.d\/theirs\.conf is neither file nor directory, and nginx\.service would wait/,
      );
    },

  'what has no end is ended, and named': async (host) => {
    await install(host, (text) => impatient(text).replaceAll('LIMIT=20', 'LIMIT=3'));
    const checked = await tryApply(host, config('/etc/ssh/sshd_config.d/own.conf', '#\n', 'sshd'));
    assert.match(
      checked.stderr,
      /^keelson: refused, nothing was changed:\n.*the check sshd had no end$/ms,
    );
    const path = '/etc/systemd/system/slow.service';
    const text = '[Service]\nType=oneshot\nExecStart=sleep infinity\n';
    const started = await tryApply(
      host,
      file(path, text),
      unit('slow.service', { active: 'active', fragment: path }),
    );
    assert.match(
      started.stderr,
      /slow\.service does not start: systemctl? .*had no end in 3 s, and was ended|slow\.service does not start: timeout/,
    );
    await host.exec('systemctl stop slow.service; rm -f /etc/systemd/system/slow.service');
    await install(host, impatient);
  },

  'who holds the lock says so: which run, since when, for what, and by whom': async (host) => {
    await install(host, (text) => impatient(text).replace(/^LOCK_WAIT=.*$/m, 'LOCK_WAIT=1'));
    const given = manifest([file('/etc/own.conf', 'x')], 'app-shop');
    await helper.apply(host, given, 'r-first');
    const held = await read(host, '/var/lib/keelson/lock.holder');
    assert.match(
      held,
      /^run r-first, process \d+, since \d{4}-\d\d-\d\dT[\d:]+Z, for app-shop, by root\n$/,
    );
    await host.exec('systemd-run -q --unit=holder flock /var/lib/keelson/lock sleep 60; sleep 1');
    const { stderr } = await helper.tryApply(host, given, 'r-second');
    await host.exec(
      'systemctl stop holder; rm /var/lib/keelson/lock; mkfifo /var/lib/keelson/lock',
    );
    assert.match(stderr, documented('Another run is at work on the server'));
    assert.equal(
      stderr,
      `keelson: another run holds /var/lib/keelson/lock: ${held.trim()}; wait for it or end that process\n`,
    );
    // Nor does a pipe in its place hold anybody.
    await helper.apply(host, manifest([file('/etc/own.conf', 'y')], 'app-shop'));
    await install(host, impatient);
  },

  'a package that is called otherwise here, or not known, is refused before anything': async (
    host,
  ) => {
    const asked = (...names: string[]) =>
      lookAt(host, manifest(names.map((name) => aptPackage(name)))).then(
        () => '',
        ({ message }: Error) => message,
      );
    const cache = 'stat -c "%y %i" /var/cache/apt/* /var/lib/apt/lists';
    await host.exec('apt-get update -qq; apt-cache policy dpkg; touch /var/lib/dpkg/status');
    const before = await host.exec(cache);
    const several =
      /^package awk is no package here, but several stand for it: (?=.*\bmawk\b)(?=.*\bgawk\b).*; write one of them in the stack file$/;
    // gawk and original-awk are known beside mawk, which is there.
    assert.match(await asked('acl', 'awk'), several);
    assert.match(
      await asked('no-such-package'),
      /^package no-such-package is known to no source of packages here; correct its name/,
    );
    const moved = (await does(host, 'grep -q trixie /etc/os-release'))
      ? 'package libcups2 is called libcups2t64 here; write that in the stack file'
      : '';
    assert.equal(await asked('libcups2'), moved);
    assert.equal(await host.exec(cache), before, 'a look wrote to apt’s cache');
    // Of a source that was added since nobody has read the lists yet.
    await host.exec('sleep 1; touch /etc/apt/sources.list.d/own.list');
    assert.equal(await asked('no-such-package'), '');
    await host.exec('rm /etc/apt/sources.list.d/own.list; apt-get update -qq');
    const { stderr } = await tryApply(host, aptPackage('awk'), file('/etc/own.conf', 'x'));
    assert.match(stderr, /^keelson: refused, nothing was changed: package awk is no package here/);
    // Without lists the preview says nothing; what installs has fetched them.
    await host.exec('rm -rf /var/lib/apt/lists/*_* /var/cache/apt/*.bin');
    assert.equal(await asked('no-such-package'), '');
    const late = await tryApply(host, aptPackage('no-such-package'));
    assert.match(late.stderr, /^keelson: refused: package no-such-package is known to no source/);
  },

  'a source that cannot be read is passed over, and named in one line': async (host) => {
    const bad = 'deb [trusted=yes] file:/srv/nowhere ./';
    await write(host, '/etc/apt/sources.list.d/bad.list', `${bad}\n`);
    await host.exec(
      'SUDO_FORCE_REMOVE=yes apt-get purge -y -qq attr >/dev/null 2>&1; rm -rf /var/lib/apt/lists/*_* /var/cache/apt/*.bin',
    );
    const said = await apply(host, manifest([aptPackage('attr')]));
    assert.equal(said.length, 2, said.join('\n'));
    assert.match(said[0] ?? '', /^warn {3}passed over the source file:\/srv\/nowhere: /);
    assert.equal(said[1], 'new    package attr');
    await host.exec('rm /etc/apt/sources.list.d/bad.list');
    await clear(host);
  },

  'a clock that is behind, a dpkg that was cut off and a disk without room are named, or mended':
    async (host) => {
      await repository(host);
      const late = await tryApply(host, aptPackage('own-tool'));
      assert.equal(late.code, 1);
      assert.match(
        late.stderr,
        /^keelson: apt-get could not install own-tool: the clock of this host is behind \(\d{4}-\d\d-\d\d \d\d:\d\d UTC\); set it, as with timedatectl set-ntp true, and run up again\n/,
      );
      await host.exec(
        'mv /root/sources.list.d/* /root/sources.list /etc/apt 2>/dev/null; mv /etc/apt/*.sources /etc/apt/sources.list.d/ 2>/dev/null; rm /etc/apt/sources.list.d/own.list; apt-get update -qq',
      );
      // dpkg's journal, as a cut leaves it.
      await host.exec(
        'sed -n "/^Package: attr$/,/^$/p" /var/lib/dpkg/status | head -n 1; cp /dev/null /var/lib/dpkg/updates/0000; printf "Package: acl-none\\nStatus: install ok half-installed\\n" >/dev/null; sed -n "/^Package: tar$/,/^$/p" /var/lib/dpkg/status >/var/lib/dpkg/updates/0000',
      );
      await apply(host, manifest([aptPackage('attr')]));
      await host.exec('! ls /var/lib/dpkg/updates/0000 2>/dev/null');
      await clear(host);
      await host.exec(
        'apt-get purge -y -qq attr >/dev/null 2>&1; rm -f /var/cache/apt/archives/*.deb; mount -t tmpfs -o size=4k full /var/cache/apt/archives; mkdir /var/cache/apt/archives/partial',
      );
      const full = await tryApply(host, aptPackage('nano'));
      await host.exec('umount /var/cache/apt/archives');
      assert.equal(full.code, 1);
      assert.match(
        full.stderr,
        /^keelson: apt-get could not install nano: there is no room left on its disk; make some/,
      );
      await apply(host, manifest([aptPackage('nano')]));
      await clear(host);
    },

  'options of /etc/logrotate.conf do not reach the kit’s logs, and a failed logrotate is seen':
    async (host) => {
      const facts = { version: '13', cores: 2 } as never;
      const own = [
        ...(nginx.render?.(web1() as never, { facts } as never).base ?? []),
        ...(logrotate.render?.({} as never, { facts } as never).base ?? []),
      ];
      const base = manifest(
        own.filter(
          ({ name }) =>
            !/keelson\.d|nginx\.conf|enabled|keelson-logrotate|^\/etc\/(systemd|keelson)/.test(
              name,
            ),
        ),
      );
      await converge(host, base);
      const original = await read(host, '/etc/logrotate.conf');
      const globals =
        'dateext\nolddir /var/old\nmail root\nnocompress\nminsize 1G\nminage 9\nmaxage 1\nstart 5\ncopy\nsu www-data adm\ncreate 0666\n';
      await write(host, '/etc/logrotate.conf', `${globals}include /etc/logrotate.d\n`);
      await host.exec('mkdir -p /var/old; rm -f /var/log/nginx/*');
      for (const day of [1, 2, 3])
        await host.exec(
          `for log in nginx/access nginx/error keelson; do echo ${day} >>/var/log/$log.log; done; logrotate -f /etc/logrotate.conf 2>/dev/null || :`,
        );
      const found = await lines(
        host,
        'cd /var/log; ls nginx/access* keelson.log*; ls /var/old | head; stat -c "%a %U:%G" nginx/access.log',
      );
      assert.deepEqual(found, [
        ...['keelson.log', 'keelson.log.1', 'keelson.log.2.gz', 'keelson.log.3.gz'],
        ...['nginx/access.log', 'nginx/access.log.1', 'nginx/access.log.2.gz'],
        'nginx/access.log.3.gz',
        '640 www-data:adm',
      ]);
      await write(host, '/etc/logrotate.conf', original);
      assert.deepEqual(await converge(host, base), []);

      // By a file of somebody else's: it is told each time, and holds up nothing.
      await host.exec(
        'printf "/y {\\n\\tno-such-word\\n}\\n" >/etc/logrotate.d/theirs; systemctl start logrotate.service || :',
      );
      const failed = 'drift  unit logrotate.service failed yes → no';
      assert.deepEqual(await helper.rows(host, base), [failed]);
      const said = await converge(host, base);
      assert.match(said[0] ?? '', /^warn {3}unit logrotate\.service fails still: .*theirs/);
      assert.deepEqual(await helper.rows(host, base), [failed]);
      await host.exec('rm /etc/logrotate.d/theirs');
      assert.deepEqual(await converge(host, base), [failed]);
      assert.deepEqual(await converge(host, base), []);
    },

  'logs that nginx is about to write are made as Debian makes them, and none for what is refused':
    async (host) => {
      await converge(host, manifest(services));
      const site = (more: string) =>
        config(
          '/etc/nginx/conf.d/own.conf',
          `server { listen 81; access_log /var/log/nginx/own.log; error_log /var/log/nginx/sub/own.log; ${more} }\n`,
          'nginx',
        );
      await host.exec(
        'mkdir -p /var/log/nginx/sub; install -m 0600 /dev/null /var/log/nginx/old.log',
      );
      const refused = await tryApply(host, ...services, site('nonsense;'));
      assert.equal(refused.code, 1);
      assert.equal(await does(host, 'ls /var/log/nginx/own.log'), false);
      await converge(host, manifest([...services, site('')]));
      assert.deepEqual(
        await lines(
          host,
          'cd /var/log/nginx; stat -c "%a %U:%G" access.log own.log sub/own.log old.log | sort -u',
        ),
        ['640 www-data:adm'],
      );
    },

  'an account that was lost comes back with its number, or all that it owned follows': async (
    host,
  ) => {
    const all = [
      group('own'),
      systemUser('own', { group: 'own' }),
      directory('/srv/own'),
      directory('/srv/own/data', { owner: 'own', group: 'own', deep: true }),
    ];
    await converge(host, manifest(all));
    await host.exec(
      'cd /srv/own/data; mkdir -p a/b; touch a/b/c /var/tmp/own; chown -R own:own a /var/tmp/own',
    );
    const owned = 'stat -c "%U:%G" /srv/own/data /srv/own/data/a/b/c /var/tmp/own | sort -u';
    const lose = "sed -i '/^own:/d' /etc/passwd /etc/shadow /etc/group /etc/gshadow";
    const number = await host.exec('id -u own');
    await host.exec(`useradd --system between; ${lose}`);
    await converge(host, manifest(all));
    assert.equal(await host.exec('id -u own'), number);
    assert.deepEqual(await lines(host, owned), ['own:own']);
    // Somebody else has got it meanwhile.
    await host.exec(`${lose}; useradd --system --uid ${number.trim()} taker`);
    await converge(host, manifest(all));
    assert.notEqual(await host.exec('id -u own'), number);
    assert.deepEqual(await lines(host, owned.replace(' /var/tmp/own', '')), ['own:own']);
    await host.exec('userdel taker; userdel between; rm /var/tmp/own');
    await clear(host);
  },
};

/** A source of packages of the host's own, whose list says that it is of tomorrow; the only one. */
async function repository(host: DebianHost): Promise<void> {
  await host.exec(`
    mkdir -p /srv/repo/own-tool/DEBIAN /root/sources.list.d
    printf 'Package: own-tool\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b.c>\\nDescription: x\\n' >/srv/repo/own-tool/DEBIAN/control
    cd /srv/repo && dpkg-deb -b own-tool own-tool.deb >/dev/null
    { cat own-tool/DEBIAN/control; printf 'Filename: ./own-tool.deb\\nSize: %s\\nSHA256: %s\\n\\n' "$(stat -c %s own-tool.deb)" "$(sha256sum <own-tool.deb | cut -d ' ' -f 1)"; } >Packages
    printf 'Date: %s\\nSHA256:\\n %s %s Packages\\n' "$(date -u -R -d tomorrow)" "$(sha256sum <Packages | cut -d ' ' -f 1)" "$(stat -c %s Packages)" >Release
    mv /etc/apt/sources.list.d/* /root/sources.list.d/ 2>/dev/null || :
    mv /etc/apt/sources.list /root/ 2>/dev/null || :
    echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list.d/own.list`);
}

for (const release of triedOn('trixie'))
  test(`corners of Debian, on ${release}`, async (t: TestContext) => {
    const host = await testHost(t, { release });
    await install(host, impatient);
    await apply(host, packages);
    for (const [title, step] of Object.entries(steps))
      await t.test(title, () => step(host).finally(() => clear(host)));
  });
