/** What `keelson status` prints: from what was gathered on a host to JSON that its readers parse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Status, statusSchema } from '../../components/host/status.ts';
import { hostShell } from './host-shell.ts';
import { check, item, now, type Told, told, unit, written } from './status-shell.ts';

const status = (given: Told): Status => statusSchema.parse(JSON.parse(told(given, 'status_json')));
const iso = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

/** What people may call things, and what apps may say. */
const hostile = `</script><script>alert(1)</script>"'\\ & $(id) \`id\` \u0001\u001b[31m \u202e {{x}} %s`;

test('a host without apps', () => {
  const { at, apps, host, problems, lastDeploy, failedUnits } = status({});
  assert.equal(at, iso(now));
  assert.deepEqual([apps, problems, lastDeploy, failedUnits], [[], [], null, []]);
  assert.equal(host.upSince, iso(1_795_890_000 + 4421));
  assert.deepEqual(
    [host.name, host.debian, host.kernel, host.cores, host.load1],
    ['web1', '13.2', '6.12.48+deb13-amd64', 2, 0.12],
  );
  assert.deepEqual(
    [host.memoryBytes, host.memoryAvailableBytes, host.swapUsedBytes],
    [8130536 * 1024, 5040936 * 1024, 131068 * 1024],
  );
  // Since the start: what was busy of all.
  assert.equal(host.cpuPercent, 19.7);
  assert.equal(host.updates, null);
});

test('disks: as df reckons them, names with spaces, and none that only memory backs', () => {
  const head = '1B-blocks Used Avail Inodes IUsed Mounted on\n';
  const disks = `${head}1000 900 50 0 0 /mnt/a disk\n2000 100 1900 10 1 /run/host/os-release\n9007199254740993 1 9 100 95 /big\n`;
  const { host, problems } = status({ files: { 'gathered/disks': disks } });
  assert.deepEqual(host.disks, [
    {
      ...{ path: '/mnt/a disk', bytes: 1000, usedBytes: 900, usedPercent: 95 },
      ...{ inodes: 0, inodesUsed: 0, inodesUsedPercent: null },
    },
    {
      ...{ path: '/big', bytes: 9007199254740992, usedBytes: 1, usedPercent: 10 },
      ...{ inodes: 100, inodesUsed: 95, inodesUsedPercent: 95 },
    },
  ]);
  assert.deepEqual(problems, [
    'disk /mnt/a disk is 95 % full',
    'disk /big has 95 % of its inodes in use',
  ]);
});

test('an instance that runs', () => {
  const { apps, problems } = status({
    apps: item('shop', [3700]),
    units: [unit('shop@3700.service', { NRestarts: 4 })],
    checks: check('shop-3700', 0, ''),
    files: {
      'gathered/releases': [
        `${now - 100}.5\t/srv/shop/current\t/srv/shop/releases/${'a'.repeat(64)}`,
        `${now - 900}.1\t/srv/shop/releases/${'b'.repeat(64)}\t`,
        `${now - 110}.1\t/srv/shop/releases/${'a'.repeat(64)}\t`,
        `${now - 1}.1\t/srv/shop/releases/20240101\t`,
      ].join('\n'),
    },
  });
  const [shop] = apps;
  assert.deepEqual(
    [shop?.name, shop?.type, shop?.release, shop?.releaseSince, shop?.kept],
    ['shop', 'web', 'aaaaaaaa', iso(now - 100), ['aaaaaaaa', 'bbbbbbbb']],
  );
  assert.deepEqual(shop?.instances, [
    {
      ...{ key: '3700', member: null, unit: 'shop@3700.service', port: 3700, state: 'active' },
      ...{ substate: 'running', since: iso(now - 90_000), uptimeSeconds: 90_000, restarts: 4 },
      ...{ pid: 812, memoryBytes: 88604672, memoryLimitBytes: 536870912, cpuPercent: 0 },
      health: { good: true, answer: '', at: iso(now - 25) },
    },
  ]);
  assert.deepEqual(problems, []);
});

test('instances that do not run, and that systemd knows nothing of', () => {
  const { apps, problems } = status({
    apps: item('mailer', [1, 2, 3, 4], 'worker'),
    units: [
      unit('mailer@1.service', { ActiveState: 'failed', SubState: 'failed', MainPID: 0 }),
      unit('mailer@2.service', { ActiveState: 'activating', SubState: 'auto-restart', MainPID: 0 }),
      unit('mailer@3.service', { ActiveState: 'inactive', SubState: 'dead', MainPID: 0 }),
    ],
  });
  const shown = apps[0]?.instances.map(({ state, uptimeSeconds, pid, memoryBytes, cpuPercent }) => [
    ...[state, uptimeSeconds, pid, memoryBytes, cpuPercent],
  ]);
  assert.deepEqual(shown, [
    ['failed', null, null, null, null],
    ['activating', null, null, null, null],
    ['inactive', null, null, null, null],
    ['unknown', null, null, null, null],
  ]);
  assert.equal(apps[0]?.instances[0]?.port, null);
  assert.deepEqual(problems, [
    'mailer@1.service failed',
    'mailer@2.service is restarting',
    'mailer@3.service is inactive',
    'mailer@4.service is unknown',
  ]);
});

test('CPU: since the last sample, of the same process; else since its start', () => {
  const given = (pid: number) => ({
    apps: item('shop', [3700]),
    units: [unit('shop@3700.service', { CPUUsageNSec: '20000000000' })],
    files: { 'cache/sample': `3940.50\t1400\t7000\nshop@3700.service\t${pid}\t5.000\n` },
  });
  const { apps, host } = status(given(812));
  assert.equal(apps[0]?.instances[0]?.cpuPercent, 25);
  // 100 of 600 ticks.
  assert.equal(host.cpuPercent, 16.7);
  assert.equal(status(given(811)).apps[0]?.instances[0]?.cpuPercent, 0);
});

test('memory: of the processes, where the kernel counts none for their group', () => {
  const { apps } = status({
    apps: item('shop', [3700]),
    units: [unit('shop@3700.service', { MemoryCurrent: '[not set]', MemoryMax: 'infinity' })],
    files: {
      'root/sys/fs/cgroup/system.slice/shop@3700.service/cgroup.procs': '812\n813\n',
      'root/proc/812/status': 'Name:\tnode\nVmRSS:\t   50000 kB\n',
      'root/proc/813/status': 'Name:\tnode\nVmRSS:\t   1000 kB\n',
    },
  });
  assert.equal(apps[0]?.instances[0]?.memoryBytes, 51000 * 1024);
  assert.equal(apps[0]?.instances[0]?.memoryLimitBytes, null);
});

test('health: what Monit heard of this process, and not of the one before', () => {
  const given = (since: number) =>
    status({
      apps: item('shop', [3700]),
      units: [unit('shop@3700.service', { ActiveEnterTimestamp: `@${since}` })],
      checks: check('shop-3700', 1, 'http://127.0.0.1:3700/: 500, not 200: <b> ]] > "x"\n'),
    });
  const { apps, problems } = given(now - 900);
  assert.deepEqual(apps[0]?.instances[0]?.health, {
    good: false,
    answer: 'http://127.0.0.1:3700/: 500, not 200: <b> ]] > "x"',
    at: iso(now - 25),
  });
  assert.deepEqual(problems, ['shop@3700.service is unhealthy']);
  assert.equal(given(now - 25).apps[0]?.instances[0]?.health, null);
});

test('health: what an app says is not taken for what Monit heard of another', () => {
  const forged = check('shop-3701', 0, 'fine').replace(']]>', ']]&gt;');
  const { apps } = status({
    apps: item('shop', [3700, 3701, 3702]),
    units: [3700, 3701, 3702].map((port) => unit(`shop@${port}.service`)),
    checks:
      check('shop-3701', 1, 'ill') + check('shop-3700', 1, forged) + check('shop-3702', 1, 'ill'),
  });
  assert.deepEqual(
    apps[0]?.instances.map(({ health }) => health?.good),
    [false, false, false],
  );
});

test('a job: its last run and its next', () => {
  const { apps, problems } = status({
    apps: item('nightly', [], 'job'),
    units: [
      unit('nightly.service', {
        ...{ ActiveState: 'failed', Result: 'exit-code' },
        ...{ ExecMainStartTimestamp: `@${now - 60}`, ExecMainExitTimestamp: `@${now - 51}` },
      }),
    ],
    files: {
      'gathered/timers': `[{"next":${now + 86400}000001,"left":1,"last":0,"passed":0,"unit":"nightly.timer","activates":"nightly.service"}]\n`,
      'gathered/failed': '● nightly.service loaded failed failed nightly\n',
    },
  });
  assert.deepEqual(apps[0]?.jobs, [
    {
      ...{ member: null, unit: 'nightly.service', state: 'failed', result: 'exit-code' },
      ...{ startedAt: iso(now - 60), endedAt: iso(now - 51), nextAt: iso(now + 86400) },
    },
  ]);
  assert.deepEqual(problems, ['nightly: the last run ended with exit-code']);
});

/** A web app with a worker and a job, whose health asks for what looks like one. */
const withMembers = item('shop', [3700, 'mail@1']).replace(
  '\n',
  '\t@mail.type=worker\t@mail.text=@x.job=1\t@clean.job=abc\n',
);

test('members stand below their app: instances, what Monit heard of them, and jobs', () => {
  const { apps, problems } = status({
    apps: withMembers,
    units: [
      unit('shop@3700.service'),
      unit('shop-mail@1.service'),
      unit('shop-clean.service', { ActiveState: 'inactive', Result: 'timeout' }),
    ],
    checks: `${check('shop-3700', 0, '')}${check('shop-mail-1', 3, 'has not touched /tmp/alive')}`,
    files: {
      'gathered/timers': `[{"next":${now + 60}000001,"unit":"shop-clean.timer"}]\n`,
      'gathered/failed': 'shop-clean.service loaded failed failed clean\n',
    },
  });
  assert.equal(apps.length, 1);
  assert.deepEqual(
    apps[0]?.instances.map(({ key, member, unit, port, health }) => [
      ...[key, member, unit, port, health?.good],
    ]),
    [
      ['3700', null, 'shop@3700.service', 3700, true],
      ['mail@1', 'mail', 'shop-mail@1.service', null, false],
    ],
  );
  assert.deepEqual(
    apps[0]?.jobs.map(({ member, unit, state, nextAt }) => [member, unit, state, nextAt]),
    [['clean', 'shop-clean.service', 'inactive', iso(now + 60)]],
  );
  assert.deepEqual(problems, [
    'shop-mail@1.service is unhealthy',
    'shop-clean: the last run ended with timeout',
  ]);
});

test('systemd is asked for the units of apps, members and jobs', () => {
  const shown = hostShell(
    'gathered=$STATE/gathered; mkdir $gathered; list_status_apps; cat $gathered/units $gathered/jobs',
    { memory: { 'manifests/rollout-a': withMembers, 'pending/rollout-b': item('b', [], 'job') } },
  );
  assert.deepEqual(shown.trim().split('\n'), [
    ...['shop@3700.service', 'shop-mail@1.service', 'shop-clean.service', 'shop-clean.timer'],
    ...['keelson-rollout-shop.service', 'b.service', 'b.timer', 'keelson-rollout-b.service'],
    ...['shop-clean', 'b'],
  ]);
});

test('the last rollout: when, by whom, and what came of it', () => {
  const rolled = (result: string | undefined, unitState = 'inactive') =>
    status({
      apps: item('shop', []),
      units: [unit('keelson-rollout-shop.service', { ActiveState: unitState })],
      files: {
        'gathered/releases': `${now - 50}.1\t/var/lib/keelson/rollouts/shop/order\t\n`,
        'rollouts/shop/order': '20261128T203110Z-6bb2\nadmin from 192.0.2.7\nchange\nrollout\n',
        ...(result !== undefined && { 'rollouts/shop/result': `${result}\n` }),
      },
    });
  assert.deepEqual(rolled('0').lastDeploy, {
    ...{ app: 'shop', at: iso(now - 50), by: 'admin from 192.0.2.7', reason: 'change' },
    ...{ run: '20261128T203110Z-6bb2', result: 'done' },
  });
  assert.deepEqual(rolled('0').problems, []);
  assert.deepEqual(rolled('1').problems, ['the last rollout of shop failed']);
  assert.deepEqual(rolled('143').problems, ['the last rollout of shop was interrupted']);
  assert.equal(rolled(undefined).apps[0]?.rollout?.result, 'interrupted');
  assert.equal(rolled(undefined, 'active').apps[0]?.rollout?.result, 'running');
});

test('a restart by hand is a rollout, and no deploy', () => {
  const restarted = (history: string) =>
    status({
      apps: item('shop', []),
      files: {
        'gathered/releases': `${now - 50}.1\t/var/lib/keelson/rollouts/shop/order\t\n`,
        'rollouts/shop/order': 'restart\nadmin\nchange\nrollout\n',
        'rollouts/shop/result': '0\n',
        'rollouts/shop/history': history,
      },
    });
  const { apps, lastDeploy } = restarted(`${now - 900}\t1a2b\tdev\n${now - 300}\t3c4d\tanna\n`);
  assert.equal(apps[0]?.rollout?.run, 'restart');
  assert.deepEqual(lastDeploy, {
    ...{ app: 'shop', at: iso(now - 300), by: 'anna', reason: '', run: '', result: 'done' },
  });
  assert.equal(restarted('').lastDeploy, null);
});

test('repairs, certificates, updates and failed units', () => {
  const { lastRepair, certificates, host, failedUnits, problems } = status({
    files: {
      'gathered/log':
        '2026-11-27T18:09:22Z 20261127T180913Z-1f5d base drift  file /etc/motd content\n',
      'cache/certificates': `${now + 9 * 86400 + 5}\t/etc/ssl/a b.pem\n${now - 90000}\t/etc/ssl/old.pem\n`,
      'cache/updates': `known\n7\t2\t${now - 5000}\n`,
      'gathered/failed': 'fwupd.service loaded failed failed Firmware\n',
      'gathered/reboot': 'yes\n',
    },
  });
  assert.deepEqual(lastRepair, {
    ...{ at: '2026-11-27T18:09:22Z', run: '20261127T180913Z-1f5d' },
    text: 'file /etc/motd content',
  });
  assert.deepEqual(
    certificates.map(({ path, days }) => [path, days]),
    [
      ['/etc/ssl/a b.pem', 9],
      ['/etc/ssl/old.pem', -2],
    ],
  );
  assert.deepEqual(host.updates, { pending: 7, security: 2, listsAt: iso(now - 5000) });
  assert.equal(host.rebootNeeded, true);
  assert.deepEqual(failedUnits, ['fwupd.service']);
  assert.deepEqual(problems, [
    'certificate /etc/ssl/a b.pem ends in 9 days',
    'certificate /etc/ssl/old.pem ended',
    'fwupd.service failed',
  ]);
});

test('hostile values stay values', () => {
  const { host, apps } = status({
    apps: item('shop', [3700]),
    units: [unit('shop@3700.service', { ActiveEnterTimestamp: `@${now - 900}` })],
    checks: check('shop-3700', 1, hostile),
    files: {
      'root/proc/sys/kernel/hostname': `${hostile}\n`,
      'gathered/disks': `x\n1000 900 50 10 1 /mnt/${hostile}\n`,
      'gathered/releases': `${now}.1\t/x/shop/order\t\n`,
      'rollouts/shop/order': `run\n${hostile}\nchange\nx\n`,
      'rollouts/shop/result': '0\n',
    },
  });
  const plain = hostile
    .replace('\u0001', '\\x01')
    .replace('\u001b', '\\x1b')
    .replace('\u202e', '\\xe2\\x80\\xae');
  assert.equal(host.name, plain);
  assert.equal(host.disks[0]?.path, `/mnt/${plain}`);
  assert.equal(apps[0]?.rollout?.by, plain);
  assert.equal(apps[0]?.instances[0]?.health?.answer, plain);
});

test('bytes that are no UTF-8 are shown as they are', () => {
  const name = String.raw`$(printf 'a\377b')`;
  const records = `printf 'x' >$STATE/gathered/cores; printf '%s\\n' "${name}" >$STATE/root/proc/sys/kernel/hostname; echo 2 >$STATE/gathered/cores`;
  const memory = { 'root/proc/sys/kernel/hostname': '', 'gathered/cores': '' };
  const shown = hostShell(
    `HOST_ROOT=$STATE/root STATUS_CACHE=$STATE now=${now}; ${records}
    join_status $STATE/gathered 2>/dev/null | grep '^host'`,
    { memory },
  );
  assert.match(shown, /^host\ta\\xffb\t/);
});

test('times: the calendar of awk is that of JavaScript', () => {
  const times = [
    0, 951_782_399, 951_782_400, 951_868_800, 1_709_164_800, 1_735_689_599, 4_107_542_400,
  ];
  const repairs = times.map((time) =>
    Date.parse(
      status({ files: { 'gathered/log': `${iso(time)} run base drift  x\n` } }).lastRepair?.at ??
        '',
    ),
  );
  assert.deepEqual(
    repairs,
    times.map((time) => time * 1000),
  );
});

test('records that were cut are no status', () => {
  for (const writer of ['status_json', 'status_metrics', 'status_page'])
    assert.throws(() => written(`at\t${now}\n`, writer), writer);
});

/** A file of a made-up host, and lines of shell that look at it. */
const slow = (lines: string, memory: Record<string, string> = {}): string =>
  hostShell(`HOST_ROOT=$STATE/root STATUS_CACHE=$STATE/cache; mkdir -p $STATE/cache\n${lines}`, {
    memory,
  });

test('who is killed leaves nothing in memory, nor what was left before for long', () => {
  const left = slow(
    `mkdir $STATE/cache/.work.old $STATE/cache/.work.other; touch -d '1 hour ago' $STATE/cache/.work.old
    gather_status() { read -r own _ </proc/self/stat; kill "$own"; }
    (read_status) || echo "ended with $?"
    ls -A $STATE/cache`,
  );
  assert.equal(left, 'ended with 143\n.work.other\n');
});

test('updates: those that apt would make, and asked for again only where something changed', () => {
  const apt = `timeout() { shift 4; [ "$1 $2" = 'apt-get -s' ] || exit 9; echo asked >>$STATE/asked
    printf '%s\\n' 'Inst linux-image-amd64 [6.1.1] (6.1.2 Debian-Security:12/stable-security [amd64]) []' \
      'Inst linux-image-6.1.2 (6.1.2 Debian-Security:12/stable-security [amd64])' \
      'Inst tzdata [2024a] (2025a Debian:12.8/stable [all])' 'Conf tzdata (2025a)'; }`;
  const memory = {
    'root/var/lib/apt/lists/x_InRelease': '',
    'root/var/lib/dpkg/status': '',
    'root/etc/apt/sources.list': '',
  };
  const shown = slow(
    `${apt}
    touch -d @1795000000 $STATE/root/var/lib/apt/lists/x_InRelease
    refresh_updates; refresh_updates; sed 1d $STATE/cache/updates; wc -l <$STATE/asked
    touch -d @1795000001 $STATE/root/var/lib/dpkg/status; refresh_updates; wc -l <$STATE/asked`,
    memory,
  );
  assert.equal(shown, '2\t1\t1795000000\n1\n2\n');
});

test('certificates: those of sites and of certbot, and none of a snippet that nobody includes; short ones end soon later', () => {
  const shown = slow(
    `cd $STATE/root
    for name in own.pem app.pem etc/letsencrypt/live/a.de/fullchain.pem; do
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=x \
        -days 10 -out $name 2>/dev/null
    done
    printf 'server {\\n\\tssl_certificate "%s/own.pem";\\n ssl_certificate /gone.pem;\\n' $PWD >etc/nginx/conf.d/a.conf
    echo "ssl_certificate $PWD/app.pem;" >etc/nginx/keelson.d/shop/tls.conf
    refresh_certificates; ended=$(date -d '+10 days' +%s)
    while IFS=$TAB read -r time path soon; do echo "$((ended - time < 60)) \${path##*/} $soon"; done <$STATE/cache/certificates`,
    {
      'root/etc/nginx/conf.d/a.conf': '',
      'root/etc/nginx/keelson.d/shop/tls.conf': '',
      'root/etc/nginx/snippets/b.conf': 'ssl_certificate /etc/ssl/certs/c.pem;\n',
      'root/etc/letsencrypt/live/a.de/x': '',
    },
  );
  assert.equal(shown, '1 app.pem 1\n1 fullchain.pem 1\n1 own.pem 1\n');
});
