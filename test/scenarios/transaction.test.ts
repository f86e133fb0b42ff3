/** What a manifest is as a transaction: checked before, whole or not at all, taken back, and owned. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  aptPackage,
  blob,
  directory,
  file,
  group,
  sysctl,
  systemUser,
  unit,
} from '../../components/host/kinds.ts';
import { text } from '../../components/host/manifest.ts';
import {
  apply,
  converge,
  install,
  lookAt,
  manifest,
  prune,
  rows,
  tryApply,
} from '../harness/helper.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { hostLog } from '../harness/on-host.ts';

const sleeper = '/etc/systemd/system/sleeper.service';
const service = (nice: number) =>
  `[Service]\nNice=${nice}\nExecStart=/bin/sh -c '! grep -qs bad /etc/own.conf && exec sleep inf'\n`;

const steps: Record<string, (host: DebianHost) => Promise<void>> = {
  'a file that its own program refuses never takes effect': async (host) => {
    await apply(host, manifest([aptPackage('nginx'), aptPackage('sudo'), aptPackage('logrotate')]));
    const refused = async (path: string, content: string, check: string, words: RegExp) => {
      const other = file('/etc/other.conf', 'x');
      const given = manifest([file(path, content, { check }), other], check);
      const { code, stderr } = await tryApply(host, given);
      assert.equal(code, 1, check);
      assert.match(stderr, /^keelson: refused, nothing was changed:\n/);
      assert.match(stderr, words);
      await host.exec(`! ls ${path} /etc/other.conf ${path.replace(/[^/]*$/, '')}keelson.*`);
      await prune(host, 'base');
    };
    await refused(
      '/etc/nginx/conf.d/own.conf',
      'nonsense;',
      'nginx',
      /unknown directive "nonsense"/,
    );
    await refused('/etc/sudoers.d/own', 'nonsense', 'sudoers', /syntax error/);
    await refused('/etc/logrotate.d/own', '/x {\nweekly\n}\n', 'logrotate', /stat of \/x failed/);
    await refused(
      '/etc/systemd/system/own.service',
      '[Service]\nExecStart=/does/not/exist\n',
      'systemd',
      /own runs \/does\/not\/exist, which is not on this server/,
    );
    await prune(host);
  },

  'a check that fails for somebody else’s file does not hold ours up': async (host) => {
    await apply(host, manifest([aptPackage('logrotate')]));
    await host.exec('printf "/x {\\nweekly\\n}\\n" >/etc/logrotate.d/theirs');
    const own = file('/etc/logrotate.d/own', '/y {\nmissingok\nweekly\n}\n', {
      check: 'logrotate',
    });
    await apply(host, manifest([aptPackage('logrotate'), own]));
    await host.exec('rm /etc/logrotate.d/theirs');
    await prune(host);
  },

  'two files of two manifests that drifted into nonsense do not hold each other up': async (
    host,
  ) => {
    const check = { check: 'nginx' };
    const first = manifest([
      aptPackage('nginx'),
      file('/etc/nginx/conf.d/a.conf', 'map $uri $a { default 1; }', check),
    ]);
    const second = manifest(
      [file('/etc/nginx/conf.d/b.conf', 'map $uri $b { default 1; }', check)],
      'b',
    );
    await converge(host, first, second);
    await host.exec('cd /etc/nginx/conf.d && echo nonsense >a.conf && rm b.conf && mkdir b.conf');
    assert.deepEqual(await converge(host, first, second), [
      'drift  file /etc/nginx/conf.d/b.conf directory, not file',
      'drift  file /etc/nginx/conf.d/a.conf content',
    ]);
    await host.exec('nginx -t -q');
    assert.match(
      (await hostLog(host)).at(-2) ?? '',
      / b drift {2}file \/etc\/nginx\/conf\.d\/b\.conf directory, not file$/,
    );
    assert.deepEqual(await converge(host, first, second), []);
    await prune(host);
  },

  'what a version with other kinds had applied, or begun, is passed over and named': async (
    host,
  ) => {
    const other = { kind: 'gadget', name: 'one', state: { value: 'x' } };
    const own = file('/etc/own.conf', 'x');
    await apply(host, manifest([own]));
    const written = text(manifest([own, other]), { run: 'before', lines: [] });
    for (const folder of ['manifests', 'pending'])
      await host.exec(`cat >/var/lib/keelson/${folder}/base`, { input: written });
    const stays = 'gone   gadget one: stays, for this version of the kit does not know its kind';
    assert.deepEqual(await apply(host, manifest([own])), [stays]);
    assert.deepEqual(await rows(host, manifest([own])), []);
    assert.deepEqual(await apply(host, manifest([own])), []);
    await host.exec('cat >/var/lib/keelson/manifests/base', { input: written });
    assert.deepEqual(await prune(host), [stays, 'gone   file /etc/own.conf'].sort());
  },

  'what something sets back at once is an error that names it': async (host) => {
    await host.exec(
      `systemd-run --unit=rival --property=Nice=-20 sh -c 'while :; do echo 7 >/proc/sys/net/ipv4/tcp_fin_timeout; done'`,
    );
    const given = manifest([sysctl('net.ipv4.tcp_fin_timeout', '33')]);
    const { code, stderr } = await tryApply(host, given);
    await host.exec('systemctl stop rival');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /sysctl net\.ipv4\.tcp_fin_timeout: value is 7, not 33; something on the host sets it back/,
    );
    await host.exec(
      'test -f /var/lib/keelson/pending/base -a ! -f /var/lib/keelson/manifests/base',
    );
    assert.deepEqual(await apply(host, given), [
      'found  sysctl net.ipv4.tcp_fin_timeout value 7 → 33',
    ]);
    await prune(host);
  },

  'a step that fails puts the files back, and tells the units again': async (host) => {
    const started = async () =>
      (await host.exec('systemctl show -p ExecMainStartTimestampMonotonic --value sleeper')).trim();
    const given = (content: string, nice: number) =>
      manifest([
        file(sleeper, service(nice)),
        file('/etc/own.conf', content),
        unit('sleeper.service', {
          active: 'active',
          fragment: sleeper,
          change: 'restart',
          config: '/etc/own.conf',
        }),
      ]);
    await apply(host, given('good\n', 1));
    const before = await host.exec(`cat ${sleeper} /etc/own.conf`);
    const { code, stdout, stderr } = await tryApply(
      host,
      manifest([
        file('/etc/own.conf', 'good too\n'),
        file('/etc/new.conf', 'x'),
        ...given('good\n', 2).items.filter(({ name }) => name !== '/etc/own.conf'),
        unit('nothing.service', { active: 'active' }),
      ]),
    );
    assert.equal(code, 1, stdout + stderr);
    assert.match(stderr, /nothing\.service does not start/);
    for (const line of [
      `file ${sleeper}: put back as it was`,
      'file /etc/own.conf: put back as it was',
      'file /etc/new.conf: put back as it was',
      'unit sleeper.service: restarted',
    ])
      assert.ok(stdout.includes(`change ${line}\n`), `${line}\n${stdout}`);
    assert.equal(await host.exec(`cat ${sleeper} /etc/own.conf`), before);
    await host.exec(
      '! test -e /etc/new.conf; test "$(systemctl show -p Nice --value sleeper)" = 1',
    );
    const [first] = [await started()];
    assert.ok(first);
    // Nobody calls that drift.
    assert.deepEqual(
      (await rows(host, given('good\n', 1))).filter((line) => line.startsWith('drift')),
      [],
    );
    await apply(host, given('good\n', 1));
    await prune(host);
    await host.exec(`! ls ${sleeper} /etc/own.conf`);
  },

  'what was made for a manifest that is refused is taken back, and what stays is named': async (
    host,
  ) => {
    const before = await host.exec('getent passwd; getent group; ls -d /srv/* /opt/* || :');
    const bad = file('/etc/sudoers.d/own', 'nonsense', { check: 'sudoers' });
    const made = [
      group('own', ['nobody']),
      systemUser('own', { group: 'own' }),
      directory('/srv/own'),
      directory('/srv/own/data', { owner: 'own', remove: 'keep' }),
      directory('/srv/own/all', { remove: 'all' }),
    ];
    const { code, stdout, stderr } = await tryApply(host, manifest([...made, bad]));
    assert.equal(code, 1);
    assert.match(stderr, /^keelson: refused, nothing was changed:\n/);
    assert.deepEqual(
      stdout.split('\n').filter((line) => /^(change|gone)/.test(line)),
      [
        'change base: what was made for it is taken back',
        'gone   directory /srv/own/data',
        'gone   directory /srv/own/all',
        'gone   directory /srv/own',
        'gone   user own',
        'gone   group own',
      ],
    );
    assert.equal(await host.exec('getent passwd; getent group; ls -d /srv/* /opt/* || :'), before);
    await host.exec('! ls /var/lib/keelson/*/base');
    // What was there before stays, and so does a package.
    await host.exec('mkdir -m 0700 /srv/own; dpkg --purge attr 2>/dev/null || :');
    const again = await tryApply(host, manifest([aptPackage('attr'), ...made, bad]));
    assert.match(
      again.stderr,
      /^keelson: refused, nothing was changed but for package attr, directory \/srv\/own:\n/,
    );
    await host.exec('test -d /srv/own -a ! -d /srv/own/data; ! getent passwd own');
    // So nobody takes for drift what was left.
    assert.deepEqual(
      (await rows(host, manifest([aptPackage('attr'), ...made]))).filter((row) =>
        row.startsWith('drift'),
      ),
      [],
    );
    await prune(host);
    await host.exec('! test -d /srv/own || rmdir /srv/own');
  },

  'a step that fails leaves no unit enabled or running that was not before': async (host) => {
    const write = (name: string, command: string, more = '') =>
      host.exec(
        `printf '[Service]\\n%bExecStart=%s\\n[Install]\\nWantedBy=multi-user.target\\n' '${more}' '${command}' >/usr/lib/systemd/system/${name}.service`,
      );
    await write('idle', '/bin/sleep inf');
    await write('busy', '/bin/sleep inf');
    await write('hidden', '/bin/sleep inf');
    await write('zealous', '/bin/false', 'Type=forking\\nRestart=always\\nRestartSec=1s\\n');
    await write('restless', '/bin/false', 'Restart=always\\nRestartSec=1s\\nStartLimitBurst=99\\n');
    await host.exec(
      'systemctl daemon-reload; systemctl enable -q --now busy; systemctl mask -q hidden',
    );
    const states = () =>
      host.exec(
        'systemctl show -p Id,ActiveState,UnitFileState busy hidden idle restless zealous; systemctl --failed --no-legend',
      );
    const before = await states();
    const on = { enabled: 'enabled', active: 'active' } as const;
    const given = (last: string) =>
      manifest([
        file('/etc/own.conf', 'x'),
        unit('idle.service', on),
        unit('busy.service', { enabled: 'disabled', active: 'inactive' }),
        unit('hidden.service', on),
        unit(`${last}.service`, on),
      ]);
    const failed = await tryApply(host, given('zealous'));
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /zealous\.service does not start/);
    for (const line of [
      'zealous.service: stopped',
      'zealous.service: disabled',
      'idle.service: stopped',
      'idle.service: disabled',
      'hidden.service: masked',
      'busy.service: enabled',
      'busy.service: started',
    ])
      assert.ok(
        failed.stdout.includes(`change unit ${line}, as it was\n`),
        `${line}\n${failed.stdout}`,
      );
    assert.equal(await states(), before);
    await host.exec('! test -e /etc/own.conf');
    // What starts, and ends again and again, is found at the end alone.
    const ended = await tryApply(host, given('restless'));
    assert.match(ended.stderr, /unit restless\.service: active is activating, not active/);
    const [, , , restless] = (await states()).split('\n\n');
    assert.equal(restless, before.split('\n\n')[3]);
    await prune(host);
    assert.equal(await states(), before);
    await host.exec(`systemctl unmask -q hidden; systemctl disable -q --now busy
      cd /usr/lib/systemd/system && rm idle.service busy.service hidden.service zealous.service restless.service; systemctl daemon-reload`);
  },

  'a unit is put back to what it was before the kit, also one whose place ours took': async (
    host,
  ) => {
    const [theirs, ours] = [
      '/usr/lib/systemd/system/own.service',
      '/etc/systemd/system/own.service',
    ];
    const text = (seconds: string) =>
      `[Service]\nExecStart=/bin/sleep ${seconds}\n[Install]\nWantedBy=multi-user.target\n`;
    const states = () => host.exec('systemctl show -p ActiveState,UnitFileState,FragmentPath own');
    const on = { enabled: 'enabled', active: 'active' } as const;
    for (const was of ['disable --now', 'enable --now', 'mask --now']) {
      await host.exec(`cat >${theirs}; systemctl daemon-reload; systemctl ${was} -q own`, {
        input: text('1d'),
      });
      const before = await states();
      for (const items of [
        [unit('own.service', on)],
        [file(ours, text('2d')), unit('own.service', { ...on, fragment: ours })],
      ]) {
        // The link of a mask lies where ours would.
        if (was.startsWith('mask') && items.length > 1) continue;
        await apply(host, manifest(items));
        assert.match(await states(), /ActiveState=active\n(.*\n)*UnitFileState=enabled/);
        await prune(host);
        assert.equal(await states(), before, `${was}, ${items.length}`);
      }
      await host.exec(
        'systemctl unmask -q own; systemctl disable -q --now own; systemctl reset-failed own || :',
      );
    }
    await host.exec(`rm ${theirs}; systemctl daemon-reload`);
  },

  'what a run that was cut short has made goes, though no manifest was ever applied': async (
    host,
  ) => {
    const given = manifest(
      [
        group('own'),
        systemUser('own', { group: 'own' }),
        directory('/srv/own'),
        file('/etc/own.conf', 'x'),
        file('/etc/other.conf', 'x'),
        unit('nothing.service', { active: 'active' }),
      ],
      'app-own',
    );
    // As one that was killed, and whose server is known.
    await install(host, (text) => text.replace('\nundo() {', '\nundo() { return 0'));
    await tryApply(host, given);
    await install(host);
    await host.exec('getent passwd own; test -f /etc/own.conf; echo mine >/etc/other.conf');
    const [gone] = (await lookAt(host)).gone;
    assert.deepEqual(
      [gone?.name, ...(gone?.lines ?? [])],
      [
        'app-own',
        '- group own (gone)',
        '- user own (gone)',
        '- directory /srv/own (gone)',
        '- file /etc/own.conf (gone)',
      ],
    );
    await host.exec('keelson prune other', { input: 'run r\nend\n' });
    await host.exec('getent passwd own');
    assert.deepEqual((await prune(host)).sort(), [
      'gone   directory /srv/own',
      'gone   file /etc/own.conf',
      'gone   group own',
      'gone   user own',
    ]);
    await host.exec('rm /etc/other.conf; ! ls /var/lib/keelson/*/app-own /srv/own');
  },

  'a port that somebody else holds is named before anything is changed, by its process and unit':
    async (host) => {
      const given = manifest([
        file('/etc/own.conf', 'x'),
        unit('nginx.service', { enabled: 'enabled', active: 'active', port: 8080 }),
      ]);
      const refused = async (words: RegExp) => {
        await assert.rejects(lookAt(host, given), words);
        const { code, stderr } = await tryApply(host, given);
        assert.equal(code, 1);
        assert.match(stderr, /^keelson: refused, nothing was changed: unit nginx\.service cannot/);
        assert.match(stderr, words);
        await host.exec('! ls /etc/own.conf /var/lib/keelson/*/base');
      };
      // A socket of systemd's needs no program for it.
      await host.exec(`printf '[Socket]\\nListenStream=127.0.0.1:8080\\nAccept=yes\\n' >/etc/systemd/system/theirs.socket
        printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/theirs@.service
        systemctl daemon-reload; systemctl start theirs.socket`);
      await refused(
        /nginx\.service cannot have port 8080, which systemd \(process 1 of theirs\.socket\) holds; stop and disable that first: systemctl disable --now theirs\.socket/,
      );
      await host.exec(
        'systemctl stop theirs.socket; rm /etc/systemd/system/theirs*; systemctl daemon-reload',
      );
      const listen = `use IO::Socket::INET; open F, ">", "/proc/self/comm"; print F "x\\",pid=1,fd=3)"; close F; $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 8080, Listen => 1) or die; sleep`;
      await host.exec(`systemd-run -q --unit=theirs perl -e '${listen}'; sleep 1`);
      await refused(
        /which x\?\?pid\?1\?fd\?3\? \(process \d+ of theirs\.service\) holds; stop and disable that first: systemctl disable --now theirs\.service/,
      );
      await host.exec('systemctl stop theirs');
    },

  'an item of two manifests goes with the second': async (host) => {
    const both = file('/etc/both.conf', 'x');
    await apply(host, manifest([both, file('/etc/one.conf', 'x')], 'one'));
    await apply(host, manifest([both, file('/etc/two.conf', 'x')], 'two'));
    assert.deepEqual(await apply(host, manifest([file('/etc/one.conf', 'x')], 'one')), []);
    await host.exec('test -f /etc/both.conf');
    const { gone } = await lookAt(host, manifest([file('/etc/one.conf', 'x')], 'one'));
    assert.deepEqual(
      gone.map(({ name, lines }) => [name, ...lines]),
      [['two', '- file /etc/both.conf (gone)', '- file /etc/two.conf (gone)']],
    );
    assert.deepEqual((await prune(host, 'one')).sort(), [
      'gone   file /etc/both.conf',
      'gone   file /etc/two.conf',
    ]);
    await host.exec(
      'keelson destroy server; ! ls /etc/one.conf /etc/both.conf /etc/two.conf /var/lib/keelson/manifests/* /var/lib/keelson/owners/*',
    );
  },

  'what is another server’s is neither pruned nor destroyed; an old state’s remove does no harm':
    async (host) => {
      const theirs = manifest([file('/etc/theirs.conf', 'x')], 'theirs');
      await host.exec('keelson apply other', { input: text(theirs, { run: 'r', lines: [] }) });
      await apply(host, manifest([file('/etc/own.conf', 'x')], 'nginx'));
      assert.deepEqual(
        (await lookAt(host)).gone.map(({ name }) => name),
        ['nginx'],
      );
      await host.exec('keelson destroy server; ! test -e /etc/own.conf');
      assert.match(
        await host.exec('keelson remove theirs server'),
        /belongs to the server other now, and stays/,
      );
      await host.exec(
        'keelson remove nginx server; test -f /etc/theirs.conf; keelson remove theirs other; ! test -e /etc/theirs.conf',
      );
    },

  'what a manifest does not know is a stranger only when a look at all manifests says so': async (
    host,
  ) => {
    const folder = directory('/etc/own.d', { whole: true });
    const base = manifest([folder]);
    const ours = manifest(
      [directory('/etc/own.d/shop', { whole: true }), file('/etc/own.d/shop.conf', 'x')],
      'site-shop',
    );
    await converge(host, base, ours);
    const lost = async (loss: string) => {
      await host.exec(
        `${loss}; chmod 0700 /etc/own.d; touch /etc/own.d/stray '/etc/own.d/two words'`,
      );
      const inode = () => host.exec('stat -c %i /etc/own.d/shop /etc/own.d/shop.conf');
      const before = await inode();
      await apply(host, base);
      await host.exec("test -f '/etc/own.d/two words'");
      const { seen } = await lookAt(host, base, ours);
      assert.deepEqual(
        seen[0]?.rows.map(({ key, from }) => `${key} ${from}`),
        ['extra stray,two words'],
      );
      assert.equal(seen[1]?.due, true);
      assert.match(
        (await converge(host, base, ours)).join(),
        /directory .etc.own.d extra stray,two words → none/,
      );
      assert.equal(await inode(), before);
      await host.exec(
        'test "$(ls -A /etc/own.d | xargs)" = "shop shop.conf"; cd /var/lib/keelson/aside/etc/own.d; test -f stray -a -f "two words"',
      );
      assert.deepEqual(await converge(host, base, ours), []);
    };
    await lost('rm -rf /var/lib/keelson');
    await lost('rm /var/lib/keelson/*/site-shop');
    // Whose manifest the host has forgotten, and nothing names any more, is a stranger.
    await host.exec('rm /var/lib/keelson/*/site-shop');
    const words = 'directory /etc/own.d extra shop,shop.conf → none';
    const { seen } = await lookAt(host, base);
    assert.deepEqual(seen[0]?.lines, [`! ${words} (drift)`]);
    assert.deepEqual(await converge(host, base), [`drift  ${words}`]);
    assert.deepEqual(await converge(host, base), []);
  },

  'what takes the place of a manifest that goes has its files out in the same swap': async (
    host,
  ) => {
    // One program reads both and refuses two of a kind, as nginx does with default servers.
    const site = (name: string) =>
      manifest(
        [
          directory('/etc/own.d'),
          file(`/etc/own.d/${name}.conf`, 'default\n', { serves: ['default'] }),
        ],
        `site-${name}`,
      );
    const drop = (name: string) => `file /etc/own.d/${name}.conf`;
    await converge(host, site('old'), site('other'));
    const header = { run: 'r-new', lines: ['replaces\tsite-old'] };
    // What fails puts them back.
    const items = [...site('new').items, unit('nothing.service', { active: 'active' })];
    const failed = await tryApply(host, { ...site('new'), items }, { ...header, run: 'r-bad' });
    assert.match(failed.stdout, /old.conf: put back as it was/);
    await host.exec('cd /etc/own.d; test -f old.conf; ! test -e new.conf');
    assert.deepEqual(
      await apply(host, site('new'), header),
      [`gone   ${drop('old')}`, `new    ${drop('new')}`].sort(),
    );
    await host.exec('cd /etc/own.d; test "$(echo *)" = "new.conf other.conf"');
    assert.deepEqual(await prune(host, 'site-new', 'site-other'), []);
    assert.deepEqual(await converge(host, site('new'), site('other')), []);
    // Said once more by a state that was lost, it is no order any more.
    await converge(host, site('new'), site('other'), site('old'));
    await apply(host, site('new'), header);
    await host.exec('test -f /etc/own.d/old.conf');
  },

  'what fails of one app is told by the last command, and holds back what follows of its own':
    async (host) => {
      const run = 'r-late';
      const bad = manifest([unit('nothing.service', { active: 'active' })], 'app-bad');
      const failed = await tryApply(host, bad, { run, lines: ['late\t-'] });
      assert.deepEqual([failed.code, failed.stderr], [0, '']);
      assert.match(failed.stdout, /failed app-bad: the end of this run says why/);
      const next = manifest([file('/etc/late', 'x\n')], 'rollout-bad');
      const { code, stdout } = await tryApply(host, next, { run, lines: ['late\tapp-bad'] });
      assert.deepEqual([code, stdout], [0, 'held back, since app-bad failed\n']);
      await host.exec('! test -e /etc/late');
      // What went before stays, and the next run knows nothing of it.
      await apply(host, manifest([file('/etc/late', 'x\n')], 'app-old'));
      const last = () => host.tryExec('keelson prune server', { input: `run ${run}\nend\n` });
      const told = await last();
      assert.notEqual(told.code, 0);
      assert.match(told.stderr, /^keelson: .*nothing\.service/m);
      await host.exec('test -f /etc/late');
      assert.equal((await last()).code, 0);
      await host.exec('! test -e /etc/late');
      assert.deepEqual(await apply(host, next, { run: 'r-next', lines: ['late\tapp-bad'] }), [
        'new    file /etc/late',
      ]);
    },

  'names that were cut on their way prune nothing': async (host) => {
    await apply(host, manifest([file('/etc/own.conf', 'x')], 'one'));
    const { code, stderr } = await host.tryExec('keelson prune server', { input: 'run r\n' });
    assert.deepEqual(
      [code, stderr],
      [1, 'keelson: the names were cut on their way; run up again\n'],
    );
    await host.exec('test -f /etc/own.conf');
    await prune(host);
  },

  'a manifest that was cut on its way, and a blob that did not arrive, change nothing': async (
    host,
  ) => {
    const whole = text(manifest([file('/etc/own.conf', 'x')]), { run: 'r', lines: [] });
    const cut = await host.tryExec('keelson apply server', { input: whole.replace(/end\n$/, '') });
    assert.match(cut.stderr, /^keelson: the manifest was cut on its way; run up again\n$/);
    const late = await tryApply(
      host,
      manifest([blob('a'.repeat(64), 'r'), file('/etc/own.conf', 'x')]),
    );
    assert.match(late.stderr, /^keelson: blob a{64} did not arrive; run up again\n$/);
    await host.exec(`echo other >/var/lib/keelson/incoming/${'a'.repeat(64)}`);
    const other = await tryApply(
      host,
      manifest([blob('a'.repeat(64), 'r'), file('/etc/own.conf', 'x')]),
    );
    assert.match(other.stderr, /has another SHA-256; run up again\n$/);
    await host.exec('! test -e /etc/own.conf');
    await prune(host);
  },

  'a directory of another name takes no data along; only its whole manifest does': async (host) => {
    const uploads = (path: string) =>
      manifest([directory('/srv/own'), directory(path, { remove: 'last' })]);
    await apply(host, uploads('/srv/own/one'));
    await host.exec('echo data >/srv/own/one/file');
    assert.deepEqual(await apply(host, uploads('/srv/own/two')), [
      'new    directory /srv/own/two',
      "gone   directory /srv/own/one: kept, now root's",
    ]);
    await host.exec('echo data >/srv/own/two/file');
    await prune(host);
    await host.exec('test -f /srv/own/one/file; ! test -e /srv/own/two; rm -r /srv/own');
  },

  'a look sends no text of a secret file, and both texts of another': async (host) => {
    const given = (content: string) =>
      manifest([
        file('/etc/secret.conf', content, { secret: true }),
        file('/etc/open.conf', content),
      ]);
    await apply(host, given('one\n'));
    await host.exec('echo hidden | tee /etc/secret.conf >/etc/open.conf');
    const [seen] = (await lookAt(host, given('two\n'))).seen;
    assert.deepEqual(seen?.lines, [
      '! file /etc/secret.conf content (drift)',
      '~ file /etc/secret.conf content (change)',
      ...['! file /etc/open.conf content (drift)', '    -hidden', '    +one'],
      ...['~ file /etc/open.conf content (change)', '    -one', '    +two'],
    ]);
    await prune(host);
  },

  'what dpkg was cut off in is finished first': async (host) => {
    await host.exec(
      'apt-get install -y -qq --no-install-recommends attr >/dev/null 2>&1; sed -i "/^Package: attr$/,/^$/s/^Status: .*/Status: install ok half-configured/" /var/lib/dpkg/status; dpkg --audit | grep -q attr',
    );
    await apply(host, manifest([aptPackage('acl')]));
    await host.exec('test -z "$(dpkg --audit)"');
    await prune(host);
  },

  'one file changed is one word everywhere: preview, output, log': async (host) => {
    const given = (content: string, mode = '0644') =>
      manifest([file('/etc/own.conf', content, { mode })]);
    await apply(host, given('one\n'));
    await host.exec('chmod 600 /etc/own.conf; : >/var/log/keelson.log');
    const seen = await rows(host, given('two\n', '0640'));
    assert.deepEqual(seen, [
      'drift  file /etc/own.conf mode 0600 → 0644',
      'change file /etc/own.conf mode 0644 → 0640',
      'change file /etc/own.conf content',
    ]);
    assert.deepEqual(await apply(host, given('two\n', '0640')), seen);
    const log = await host.exec('cut -d " " -f 4- /var/log/keelson.log');
    assert.deepEqual(log.split('\n').filter(Boolean), seen);
    await prune(host);
  },

  'a look changes nothing, not even a time stamp': async (host) => {
    const given = manifest([file('/etc/own.conf', 'one\n')]);
    await apply(host, given);
    const photograph =
      'find /etc /var/lib/keelson /run/keelson -printf "%p %T@ %C@ %i %m\\n" | sort | sha256sum';
    const before = await host.exec(photograph);
    await lookAt(host, manifest([file('/etc/own.conf', 'two\n'), directory('/etc/nowhere')]));
    assert.equal(await host.exec(photograph), before);
    await prune(host);
  },
};

test('a manifest as a transaction', async (t: TestContext) => {
  const host = await testHost(t);
  await install(host);
  for (const [title, step] of Object.entries(steps))
    await t.test(title, () => step(host).finally(() => prune(host)));
});
