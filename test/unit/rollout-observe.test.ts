/** What instances run, told by what systemctl and /proc say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

const hash = 'a'.repeat(64);

/** What the instance on 3700 is said to be, when systemctl and /proc say this. */
function observed(properties: Record<string, string>, cwd = `/srv/shop/releases/${hash}`): string {
  const shown = { ActiveState: 'active', MainPID: '7', ...properties };
  const lines = [
    ...(properties.home ? [`home\tshop\t${properties.home}`] : []),
    ...[`/srv/shop/current\t/srv/shop/releases/${hash}`, `/proc/7/cwd\t${cwd}`],
    `/proc/7/exe\t${properties.exe ?? '/usr/bin/node'}`,
    ...(properties.stale ? [`stale\t${properties.stale}`] : []),
    `/proc/7/environ:KEELSON_UNIT=${properties.unit ?? 'aa'}`,
    `/proc/7/environ:KEELSON_ENVIRONMENT=${properties.environment ?? 'bb'}`,
    ...['Id=shop.target', 'ActiveState=active', ''],
    ...['Id=shop@3700.socket', `ActiveState=${properties.socket ?? 'inactive'}`, ''],
    // Not the first line: systemctl has an order of its own.
    ...Object.entries(shown).map(([key, value]) => `${key}=${value}`),
    ...['Id=shop@3700.service', 'items'],
    `rollout\tshop\tcurrent=${hash}\t3700=current\ttarget=active\t@unit=aa\t@environment=bb`,
  ];
  const [, , current, port, target] = run('join_rollouts', `${lines.join('\n')}\n`)
    .trim()
    .split('\t');
  assert.deepEqual([current, target], [`current=${hash}`, 'target=active']);
  return port ?? '';
}

const states: [string, Record<string, string>, string?][] = [
  ['current', {}],
  ['current', {}, `/srv/shop/releases/${hash}/dist`],
  // A process tells its directory without the link that leads there.
  ['current', { home: '/mnt/srv/shop' }, `/mnt/srv/shop/releases/${hash}/dist`],
  ['current', { home: '/mnt/srv/shop' }],
  ['directory /mnt/srv/shop', { home: '/mnt/srv/shop' }, '/mnt/srv/shop'],
  ['release bbbbbbbb', {}, `/srv/shop/releases/${'b'.repeat(64)}`],
  ['release bbbbbbbb', {}, `/srv/shop/releases/${'b'.repeat(64)} (deleted)`],
  ['directory /tmp', {}, '/tmp'],
  [`directory /srv/shop/releases/${hash} (deleted)`, {}, `/srv/shop/releases/${hash} (deleted)`],
  [
    `directory /srv/shop/releases/${hash}/dist (deleted)`,
    {},
    `/srv/shop/releases/${hash}/dist (deleted)`,
  ],
  ['older program', { exe: '/usr/bin/node (deleted)' }],
  ['reload needed', { stale: '/etc/systemd/system/shop@.service' }],
  ['current', { stale: '/etc/systemd/system/store@.service' }],
  ['current', { Requires: 'shop@3700.socket -.mount', socket: 'active' }],
  ['without its socket', { Requires: '-.mount shop@3700.socket', socket: 'failed' }],
  ['older unit', { unit: 'cc' }],
  ['older environment', { environment: 'cc' }],
  ['older unit and environment', { unit: 'cc', environment: 'cc' }],
  ['stopped', { ActiveState: 'inactive', MainPID: '0' }],
  ['stopped', { ActiveState: 'deactivating' }],
  ['failed', { ActiveState: 'failed', MainPID: '0' }],
  ['restarting', { ActiveState: 'activating', SubState: 'auto-restart', MainPID: '0' }],
  ['masked', { LoadState: 'masked', ActiveState: 'inactive' }],
  [
    'overridden by /etc/systemd/system/shop@3700.service',
    { FragmentPath: '/etc/systemd/system/shop@3700.service' },
  ],
  [
    'overridden by /run/systemd/system/shop@.service.d/x.conf',
    {
      DropInPaths:
        '/usr/lib/systemd/system/service.d/vendor.conf /run/systemd/system/shop@.service.d/x.conf',
    },
  ],
];

for (const [state, properties, cwd] of states)
  test(`an instance with ${JSON.stringify(properties)} in ${cwd ?? 'its release'} is ${state}`, () => {
    assert.equal(observed(properties, cwd), `3700=${state}`);
  });

/** What is said of an instance that is a process of this machine, which runs in this directory. */
const ofProcess = (directory: string): string =>
  run(
    `directory=$(cat; echo .) && directory=$root/\${directory%.}
    mkdir -p "$directory"
    (cd "$directory" && exec env KEELSON_UNIT=cc KEELSON_ENVIRONMENT=bb sleep 9) >"$root/out" & main=$!
    until grep -qs sleep "/proc/$main/comm"; do :; done
    systemctl() { printf '%s\\n' Id=shop.target ActiveState=active '' "MainPID=$main" Id=shop@3700.service ActiveState=active; }
    item="rollout${'\t'}shop${'\t'}current=x${'\t'}3700=current${'\t'}@unit=aa${'\t'}@environment=bb"
    printf '%s\\n' "$item" | observe_rollout | sed "s,$root,,"
    find() { command find "$@" | sed "s,$directory,/srv/shop/releases/x,"; }
    printf '%s\\n' "$item" | observe_rollout
    kill "$main"`,
    directory,
  );

test('a process is asked for its directory, and for what systemd set when it started', () => {
  assert.equal(
    ofProcess('tmp'),
    'rollout\tshop\t3700=directory /tmp\nrollout\tshop\t3700=older unit\n',
  );
});

test('no app can forge what is said of another by the name of its directory', () => {
  const [first] = ofProcess('uploads/\n/proc/9/cwd\t/srv/blog/releases/x').split('\n');
  assert.equal(first, 'rollout\tshop\t3700=directory /uploads/?/proc/9/cwd?/srv/blog/releases/x');
});

for (const kind of ['rollout', 'instances'])
  test(`without an answer of systemd’s nothing is said of ${kind}`, () => {
    const item = `${kind}\tshop\ttarget=active\t3700=current\trunning=3700\n`;
    assert.equal(run(`systemctl() { return 1; }; observe_${kind}`, item), '');
  });

test('instances are told by what runs, in the order of their ports', () => {
  const running = [
    'shop@10000.service loaded active running',
    'shop@3700.service loaded active running',
  ];
  const systemctl = `systemctl() { printf '%s\\n' ${running.map((it) => `'${it}'`).join(' ')} 'my-shop@5000.service loaded'; }
`;
  const told = run(
    `${systemctl}\nobserve_instances`,
    'instances\tshop\trunning=3700\ninstances\tmy-shop\trunning=\n',
  );
  assert.equal(told, 'instances\tshop\trunning=3700,10000\ninstances\tmy-shop\trunning=5000\n');
});
