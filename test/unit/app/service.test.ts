import assert from 'node:assert/strict';
import { test } from 'node:test';
import { service, unitHash } from '../../../components/app/service.ts';
import type { TcpApp } from '../../../components/app/types/tcp.ts';
import type { WebApp } from '../../../components/app/types/web.ts';
import type { WorkerApp } from '../../../components/app/types/worker.ts';
import { sha256 } from '../../../components/host/item.ts';
import {
  bookworm,
  chat,
  context,
  find,
  items,
  lines,
  mailer,
  names,
  shop,
  textOf,
  trixie,
  web1,
} from '../shop.ts';

const unitPath = '/etc/systemd/system/shop@.service';
const render = (app: WebApp | TcpApp | WorkerApp, facts = bookworm) =>
  items(service.render?.(app, context(app, { facts })));
const unit = (given: object = {}, facts = bookworm): string[] =>
  lines(textOf(render(shop(given), facts), unitPath));

test('the unit, to the letter', () => {
  const wanted = `
    [Unit]
    Description=shop on port %i
    Wants=network-online.target
    After=network-online.target
    PartOf=shop.target
    StartLimitIntervalSec=30min
    StartLimitBurst=40
    [Service]
    Type=exec
    User=shop
    Group=shop
    WorkingDirectory=/srv/shop/current
    ExecStart=/usr/bin/node server.js
    ExecReload=/bin/kill -s SIGHUP $MAINPID
    EnvironmentFile=/etc/keelson/shop/environment
    Environment=PORT=%i
    Environment=KEELSON_UNIT=${unitHash(shop(), { facts: bookworm, server: web1(), secrets: {} })}
    Restart=always
    RestartSec=100ms
    KillMode=mixed
    TimeoutStopSec=15s
    SuccessExitStatus=143
    SyslogIdentifier=shop
    MemoryMax=1G
    TasksMax=256
    LimitNOFILE=65536
    LimitCORE=0
    UMask=0007
    ProtectSystem=strict
    ReadWritePaths=/srv/shop/.home
    ReadWritePaths=/srv/shop/.cache
    ProtectHome=yes
    PrivateTmp=yes
    PrivateDevices=yes
    DevicePolicy=closed
    PrivateIPC=yes
    RemoveIPC=yes
    KeyringMode=private
    PrivateUsers=yes
    ProtectProc=invisible
    ProtectKernelTunables=yes
    ProtectKernelModules=yes
    ProtectKernelLogs=yes
    ProtectControlGroups=yes
    ProtectClock=yes
    ProtectHostname=yes
    NoNewPrivileges=yes
    CapabilityBoundingSet=
    AmbientCapabilities=
    RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
    RestrictNamespaces=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    LockPersonality=yes
    SystemCallArchitectures=native
    SystemCallFilter=@system-service
    SystemCallFilter=~@privileged @resources
    SystemCallErrorNumber=EPERM
    Environment=HOSTNAME=127.0.0.1
    TemporaryFileSystem=/dev/shm:mode=1777,nosuid,size=1G
    TemporaryFileSystem=/run/lock:mode=1777,nosuid,size=1G
    PrivateMounts=yes
    InaccessiblePaths=-/run/dbus -/run/systemd/io.system.ManagedOOM -/run/systemd/io.systemd.ManagedOOM -/run/systemd/io.systemd.Credentials -/run/systemd/io.systemd.Hostname -/run/systemd/io.systemd.Login -/run/systemd/io.systemd.PCRExtend -/run/systemd/io.systemd.PCRLock -/run/systemd/io.systemd.sysext
    SystemCallFilter=~io_uring_setup io_uring_enter io_uring_register
    LogRateLimitIntervalSec=30s
    LogRateLimitBurst=100000
    ExecStartPre=-+/usr/local/sbin/keelson begin shop %i port
    RestartSec=0
    [Unit]
    OnFailure=keelson-retry@%n.timer`;
  assert.deepEqual(unit(), lines(wanted));
});

test('KEELSON_UNIT is the hash of the unit without that line, and what holds from the next start on', () => {
  const [text = '', later = ''] = textOf(render(shop()), unitPath).split(/^(?=# From its next)/m);
  const [line = ''] = /^Environment=KEELSON_UNIT=.*\n/m.exec(text) ?? [];
  assert.equal(line.trim(), `Environment=KEELSON_UNIT=${sha256(text.replace(line, ''))}`);
  assert.match(later, /^ExecStartPre=/m);
  assert.match(later, /^InaccessiblePaths=/m);
  assert.match(later, /^Environment=HOSTNAME=127\.0\.0\.1$/m);
});

test('what newer releases of systemd know is used there alone', () => {
  const fresh = unit({}, trixie).filter((line) => !unit().includes(line));
  assert.deepEqual(
    fresh.filter((line) => !line.startsWith('Environment=KEELSON_UNIT')),
    ['ProtectControlGroups=strict'],
  );
});

test('an instance that the world reaches is told where, and listens on all interfaces', () => {
  const own = (given: object): string[] =>
    lines(
      textOf(render(chat({ instances: 2, ...given })), '/etc/systemd/system/chat@.service'),
    ).filter((line) => /^Environment=(PUBLIC|HOST|PORT)/.test(line));
  assert.deepEqual(own({ public: 'each', publicHost: 'play.example.com' }), [
    'Environment=PORT=%i',
    'Environment=PUBLIC_ADDRESS=play.example.com:%i',
    'Environment=HOSTNAME=0.0.0.0',
  ]);
  assert.ok(own({ public: 'each' }).includes('Environment=PUBLIC_ADDRESS=web1.example.com:%i'));
  assert.deepEqual(own({}), ['Environment=PORT=%i', 'Environment=HOSTNAME=127.0.0.1']);
});

test('settings and the lines that they bring', () => {
  const table: [object, string[]][] = [
    [{ memory: '512M' }, ['MemoryMax=512M']],
    [{ openFiles: 4096 }, ['LimitNOFILE=4096']],
    [{ tasks: 64 }, ['TasksMax=64']],
    [{ stopTimeout: '2m' }, ['TimeoutStopSec=120s']],
    [{ reload: 'SIGUSR2' }, ['ExecReload=/bin/kill -s SIGUSR2 $MAINPID']],
    [
      { logs: { to: 'files' } },
      ['StandardOutput=append:/var/log/shop/%i.log', 'StandardError=append:/var/log/shop/%i.log'],
    ],
    [{ uploads: { '/u': 'uploads' } }, ['ReadWritePaths=/srv/shop/uploads']],
    [{ data: ['sessions'] }, ['ReadWritePaths=/srv/shop/sessions']],
    [{ linked: ['public/uploads'] }, ['ReadWritePaths=/srv/shop/linked/public/uploads']],
    [
      { scratch: ['.next/pages', 'made'] },
      [
        'ReadWritePaths=/srv/shop/.scratch',
        'ExecStartPre=-+/usr/local/sbin/keelson scratch shop .next/pages made',
      ],
    ],
    [{ sandbox: { writable: ['/mnt/x'] } }, ['ReadWritePaths=-/mnt/x']],
    [{ sandbox: { netlink: false } }, ['RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6']],
    [
      { sandbox: { calls: ['@chown', 'setpriority'] } },
      ['SystemCallFilter=@chown', 'SystemCallFilter=setpriority'],
    ],
    [{ sandbox: { network: 'localhost' } }, ['IPAddressDeny=any', 'IPAddressAllow=localhost']],
    [
      { sandbox: { jit: false } },
      ['MemoryDenyWriteExecute=yes', 'ExecStart=/usr/bin/node --jitless server.js'],
    ],
    [
      { listen: 'socket', sandbox: { network: 'none' } },
      [
        'RestrictAddressFamilies=AF_UNIX AF_NETLINK',
        'IPAddressDeny=any',
        'Requires=shop@%i.socket',
        'After=shop@%i.socket',
      ],
    ],
  ];
  for (const [given, wanted] of table)
    for (const line of wanted) {
      assert.ok(unit(given).includes(line), line);
      assert.ok(!unit().includes(line), `${line} without ${JSON.stringify(given)}`);
    }
});

test('an own Node.js is found by what the app starts, too', () => {
  const node = { version: '24.1.0', path: 'n.tgz', sha256: '0'.repeat(64) };
  const path = 'Environment=PATH=/opt/keelson/node/24.1.0/bin:/usr/local/bin:/usr/bin:/bin';
  assert.ok(unit({ node }).includes(path));
  assert.ok(!unit().some((line) => line.startsWith('Environment=PATH=')));
});

test('the target holds exactly the instances, starts them at boot and passes reloads on', () => {
  const items = render(shop());
  assert.deepEqual(lines(textOf(items, '/etc/systemd/system/shop.target')), [
    '[Unit]',
    'Description=shop, all instances',
    'Wants=shop@3700.service shop@3701.service',
    'PropagatesReloadTo=shop@3700.service shop@3701.service',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
  assert.equal(find(items, 'unit', 'shop.target').state.enabled, 'enabled');
});

test('a socket belongs to the target and holds the port of the one instance, on the loopback', () => {
  const all = render(shop({ listen: 'socket' }));
  assert.deepEqual(lines(textOf(all, '/etc/systemd/system/shop@.socket')), [
    '[Unit]',
    'Description=shop, port %i',
    'PartOf=shop.target',
    '[Socket]',
    'ListenStream=127.0.0.1:%i',
    'Backlog=4096',
    'NoDelay=yes',
  ]);
  assert.match(
    textOf(all, '/etc/systemd/system/shop.target'),
    /^Wants=shop@3700\.socket shop@3700\.service$/m,
  );
  assert.ok(!names(render(shop())).includes('file /etc/systemd/system/shop@.socket'));
});

test('systemd reads every unit before it takes effect', () => {
  const files = render(shop({ listen: 'socket' })).filter(
    ({ kind, name }) => kind === 'file' && name.startsWith('/etc/systemd/'),
  );
  assert.deepEqual(names(files), [
    'file /etc/systemd/system/shop@.service',
    'file /etc/systemd/system/shop@.socket',
    'file /etc/systemd/system/shop.target',
  ]);
  for (const { name, instructions } of files)
    assert.deepEqual(instructions, { '@check': 'systemd' }, name);
});

test('what a rollout runs once in a release, it runs in the sandbox of an instance', () => {
  const given = { sandbox: { jit: false, network: 'localhost' }, data: ['sessions'] };
  const hook = lines(textOf(render(shop(given)), '/etc/keelson/shop/hook.service'));
  const without = /^(Description|Type)=|^\[/;
  const instance = new Set(unit(given));
  assert.deepEqual(
    hook.filter((line) => !without.test(line) && !instance.has(line)),
    [],
  );
  for (const line of [
    'Type=oneshot',
    'User=shop',
    'EnvironmentFile=/etc/keelson/shop/environment',
    'ReadWritePaths=/srv/shop/sessions',
    'IPAddressDeny=any',
    'MemoryDenyWriteExecute=yes',
    'ProtectSystem=strict',
  ])
    assert.ok(hook.includes(line), line);
  assert.ok(!hook.some((line) => /^(ExecStart|PartOf|Restart)/.test(line)));
});

test('the unit of a worker knows its number and no port; all else is as an app’s', () => {
  const worker = lines(
    textOf(render(mailer({ instances: 2 })), '/etc/systemd/system/mailer@.service'),
  );
  const web = lines(textOf(render(shop({ start: 'worker.js' })), unitPath));
  const same = (line: string) =>
    line.replaceAll('shop', 'mailer').replace(/KEELSON_UNIT=.*/, 'KEELSON_UNIT');
  const own = worker.filter((line) => !web.map(same).includes(same(line)));
  assert.deepEqual(own, [
    ...['Description=mailer, instance %i', 'Environment=KEELSON_INSTANCE=%i'],
    'ExecStartPre=-+/usr/local/sbin/keelson begin mailer %i',
  ]);
  const others = web.map(same).filter((line) => !worker.map(same).includes(line));
  assert.deepEqual(others, [
    ...['Description=mailer on port %i', 'Environment=PORT=%i', 'Environment=HOSTNAME=127.0.0.1'],
    'ExecStartPre=-+/usr/local/sbin/keelson begin mailer %i port',
  ]);
  assert.match(
    textOf(render(mailer({ instances: 2 })), '/etc/systemd/system/mailer.target'),
    /^Wants=mailer@1\.service mailer@2\.service$/m,
  );
});
