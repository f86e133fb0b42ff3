import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appSchema } from '../../components/app/app.ts';
import { command, ports, renderService, unitHash } from '../../components/app/service.ts';
import { sha256 } from '../../components/host/item.ts';
import { bookworm, find, lines, shop, textOf, trixie } from './shop.ts';

const unitPath = '/etc/systemd/system/shop@.service';
const unit = (given: object = {}, facts = bookworm): string[] =>
  lines(textOf(renderService(shop(given), facts), unitPath));

const problems = (given: object): string[] =>
  (appSchema.safeParse({ source: '.', domains: ['a.de'], ...given }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );

test('the unit, to the letter', () => {
  const wanted = `
    [Unit]
    Description=shop on port %i
    Wants=network-online.target
    After=network-online.target
    PartOf=shop.target
    StartLimitIntervalSec=2min
    StartLimitBurst=10
    [Service]
    Type=exec
    User=shop
    Group=shop
    WorkingDirectory=/srv/shop/current
    ExecStart=/usr/bin/node server.js
    ExecReload=/bin/kill -s SIGHUP $MAINPID
    EnvironmentFile=/etc/keelson/shop/environment
    Environment=PORT=%i
    Environment=KEELSON_UNIT=${unitHash(shop(), bookworm)}
    Restart=on-failure
    RestartForceExitStatus=SIGHUP
    RestartSec=1s
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
    RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
    RestrictNamespaces=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    LockPersonality=yes
    SystemCallArchitectures=native
    SystemCallFilter=@system-service
    SystemCallFilter=~@privileged @resources
    SystemCallErrorNumber=EPERM`;
  assert.deepEqual(unit(), lines(wanted));
});

test('KEELSON_UNIT is the hash of the unit without that line', () => {
  const text = textOf(renderService(shop(), bookworm), unitPath);
  const [line = ''] = /^Environment=KEELSON_UNIT=.*\n/m.exec(text) ?? [];
  assert.equal(line.trim(), `Environment=KEELSON_UNIT=${sha256(text.replace(line, ''))}`);
});

test('what newer releases of systemd know is used there alone', () => {
  const fresh = unit({}, trixie).filter((line) => !unit().includes(line));
  assert.deepEqual(
    fresh.filter((line) => !line.startsWith('Environment=KEELSON_UNIT')),
    ['RestartSteps=4', 'RestartMaxDelaySec=10s', 'ProtectControlGroups=strict'],
  );
});

test('settings and the lines that they bring', () => {
  const table: [object, string[]][] = [
    [{ memory: '512M' }, ['MemoryMax=512M']],
    [{ openFiles: 4096 }, ['LimitNOFILE=4096']],
    [{ tasks: 64 }, ['TasksMax=64']],
    [{ stopTimeout: '2m' }, ['TimeoutStopSec=120s']],
    [
      { reload: 'SIGUSR2' },
      ['ExecReload=/bin/kill -s SIGUSR2 $MAINPID', 'RestartForceExitStatus=SIGUSR2'],
    ],
    [
      { logs: { to: 'files' } },
      ['StandardOutput=append:/var/log/shop/%i.log', 'StandardError=append:/var/log/shop/%i.log'],
    ],
    [{ uploads: { '/u': 'uploads' } }, ['ReadWritePaths=/srv/shop/uploads']],
    [{ data: ['sessions'] }, ['ReadWritePaths=/srv/shop/sessions']],
    [{ sandbox: { writable: ['/mnt/x'] } }, ['ReadWritePaths=-/mnt/x']],
    [
      { sandbox: { netlink: true } },
      ['RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
    ],
    [{ sandbox: { network: 'localhost' } }, ['IPAddressDeny=any', 'IPAddressAllow=localhost']],
    [
      { sandbox: { jit: false } },
      ['MemoryDenyWriteExecute=yes', 'ExecStart=/usr/bin/node --jitless server.js'],
    ],
    [
      { listen: 'socket', sandbox: { network: 'none' } },
      [
        'RestrictAddressFamilies=AF_UNIX',
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

test('the command: a script, its arguments, an own Node.js, or something else', () => {
  const node = { version: '24.1.0', path: 'n.tgz', sha256: '0'.repeat(64) };
  const table: [object, string][] = [
    [{}, '/usr/bin/node server.js'],
    [
      { args: ['--verbose', 'a=b'], nodeArgs: ['--expose-gc'] },
      '/usr/bin/node --expose-gc server.js --verbose a=b',
    ],
    [{ node }, '/opt/keelson/node/24.1.0/bin/node server.js'],
    [
      { start: undefined, exec: ['node', 'dist/a.js'], node },
      '/opt/keelson/node/24.1.0/bin/node dist/a.js',
    ],
    [{ start: undefined, exec: ['bin/serve', '-p', '1'] }, '/srv/shop/current/bin/serve -p 1'],
    [{ start: undefined, exec: ['/usr/bin/env', 'x'] }, '/usr/bin/env x'],
  ];
  for (const [given, wanted] of table) assert.equal(command(shop(given)), wanted);
  assert.ok(
    unit({ node }).includes(
      'Environment=PATH=/opt/keelson/node/24.1.0/bin:/usr/local/bin:/usr/bin:/bin',
    ),
  );
});

test('ports: one instance for each core, at least two, or as many as the stack file says', () => {
  const table: [object, number, number[]][] = [
    [{}, 1, [4190, 4191]],
    [{}, 3, [4190, 4191, 4192]],
    [{ instances: 2, port: 5000 }, 8, [5000, 5001]],
    [{ listen: 'socket' }, 8, [4190]],
  ];
  for (const [given, cores, wanted] of table)
    assert.deepEqual(ports(shop(given), { ...bookworm, cores }), wanted);
});

test('the target holds exactly the instances, starts them at boot and passes reloads on', () => {
  const items = renderService(shop(), { ...bookworm, cores: 2 });
  assert.deepEqual(lines(textOf(items, '/etc/systemd/system/shop.target')), [
    '[Unit]',
    'Description=shop, all instances',
    'Wants=shop@4190.service shop@4191.service',
    'PropagatesReloadTo=shop@4190.service shop@4191.service',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
  assert.equal(find(items, 'unit', 'shop.target').state.enabled, 'enabled');
});

test('a socket belongs to the target and holds the port of the one instance', () => {
  const items = renderService(shop({ listen: 'socket' }), bookworm);
  assert.match(
    textOf(items, '/etc/systemd/system/shop@.socket'),
    /^ListenStream=127\.0\.0\.1:%i$/m,
  );
  assert.match(
    textOf(items, '/etc/systemd/system/shop.target'),
    /^Wants=shop@4190\.socket shop@4190\.service$/m,
  );
});

test('fields that contradict each other are refused, each at its place', () => {
  const start = 'a.js';
  const table: [object, string[]][] = [
    [{}, ['start is missing; give the script that Node.js runs, or another command as `exec`']],
    [{ start, exec: ['a'] }, ['exec is given beside start; keep one of them']],
    [
      { start, instances: 1 },
      ['instances is too few to restart without an outage; choose at least 2'],
    ],
    [
      { start, listen: 'socket', instances: 2 },
      ['instances is too many for `listen: socket`, which serves one instance; leave it out'],
    ],
    [
      { start, sandbox: { network: 'none' } },
      [
        'sandbox leaves the app no way to listen; add `listen: socket` or choose `network: localhost`',
      ],
    ],
    [{ start }, []],
  ];
  for (const [given, wanted] of table) assert.deepEqual(problems(given), wanted);
});
