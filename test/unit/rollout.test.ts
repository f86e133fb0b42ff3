import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { environmentHash } from '../../components/app/environment.ts';
import { renderRollout, rolloutSchema } from '../../components/app/rollout.ts';
import { unitHash } from '../../components/app/service.ts';
import { serverSchema } from '../../components/server/server.ts';
import { find, shop, trixie } from './shop.ts';

const hash = 'a'.repeat(64);

function manifests(given: object = {}) {
  const app = shop(given);
  const server = { name: 'web1', ...serverSchema.parse({ address: 'web1.example.com' }) };
  return renderRollout({ app, server, facts: trixie, secrets: {}, release: { hash } });
}

const item = (given: object = {}) =>
  find(
    manifests(given).flatMap(({ items }) => items),
    'rollout',
    'shop',
  );

test('the rollout of the smallest stack file, to the letter', () => {
  const app = shop();
  assert.deepEqual(item(), {
    kind: 'rollout',
    name: 'shop',
    state: { current: hash, target: 'active', 4190: 'current', 4191: 'current' },
    instructions: {
      '@unit': unitHash(app, trixie),
      '@environment': environmentHash(app, {}),
      '@host': 'shop.example.com',
      '@path': '/',
      '@status': '200',
      '@text': '',
      '@answers': '3',
      '@drain': '30',
      '@start': '60',
      '@watch': '2',
      '@batch': '25%',
      '@before': '',
      '@after': '',
      '@hook': '600',
      '@kept': '5',
    },
  });
});

test('the manifest comes after the environment and is a secret; its tools are packages of the base', () => {
  const [base, own] = manifests();
  assert.deepEqual(
    base?.items.map(({ name }) => name),
    ['curl', 'iproute2', 'nftables'],
  );
  const { items, ...rest } = own ?? assert.fail('no manifest');
  assert.deepEqual(rest, {
    name: 'rollout-shop',
    after: ['environment-shop'],
    app: 'shop',
    secret: true,
  });
});

test('static files are the release’s own: another selection of them is another state', () => {
  const files = (paths: object) => item({ static: paths }).state.public ?? '';
  assert.match(files({ '/a': 'a' }), /^a{16}-[0-9a-f]{8}$/);
  assert.notEqual(files({ '/a': 'a' }), files({ '/a': 'b' }));
});

test('a health check asks by a name that the site answers to', () => {
  const host = (...domains: string[]) => item({ domains }).instructions?.['@host'];
  assert.equal(host('default'), 'localhost');
  assert.equal(host('default', '*.example.com'), 'localhost');
  assert.equal(host('default', 'www.example.com'), 'www.example.com');
});

test('what a stack file may say of a rollout arrives on the host', () => {
  const rollout = {
    drain: '5m',
    start: '2m',
    status: 204,
    text: 'all is well',
    answers: 5,
    watch: '0s',
    batch: 4,
    before: ['node', 'migrate.js', '--all'],
    hookTimeout: '1h',
  };
  const { instructions = {} } = item({ rollout, keep: 3, health: '/up?deep=1' });
  const { '@unit': _unit, '@environment': _environment, ...told } = instructions;
  assert.deepEqual(told, {
    '@host': 'shop.example.com',
    '@path': '/up?deep=1',
    '@status': '204',
    '@text': 'all is well',
    '@answers': '5',
    '@drain': '300',
    '@start': '120',
    '@watch': '0',
    '@batch': '4',
    '@before': 'node migrate.js --all',
    '@after': '',
    '@hook': '3600',
    '@kept': '3',
  });
});

const refused: [object, RegExp][] = [
  [{ drain: '2h' }, /longer than 1h/],
  [{ start: '0s' }, /shorter than 1s/],
  [{ status: 20 }, /below 100/],
  [{ answers: 0 }, /below 1/],
  [{ batch: '0%' }, /not a percentage/],
  [{ batch: 0 }, /below 1/],
  [{ before: [] }, /is empty; give a command/],
  [{ before: ['sh', '-c', 'x; y'] }, /not a plain argument/],
  [{ text: 'a\tb' }, /not plain text/],
];

for (const [given, message] of refused)
  test(`refused: ${JSON.stringify(given)}`, () => {
    const { error } = rolloutSchema.safeParse(given);
    assert.match(error?.issues.map((issue) => JSON.stringify(issue)).join('\n') ?? '', message);
  });

const shell = ['observe-rollout', 'rollout', 'generation', 'drain', 'instance', 'hook']
  .map((name) => readFileSync(new URL(`../../files/host/${name}.sh`, import.meta.url), 'utf8'))
  .join('\n');

function run(script: string, input = ''): string {
  const { stdout, stderr } = spawnSync('sh', ['-euc', `${shell}\n${script}`], {
    input,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return stdout;
}

/** What the instance on 4190 is said to be, when systemctl and /proc say this. */
function observed(properties: Record<string, string>, cwd = `/srv/shop/releases/${hash}`): string {
  const shown = { ActiveState: 'active', MainPID: '7', ...properties };
  const lines = [
    ...[`/srv/shop/current\t/srv/shop/releases/${hash}`, `/proc/7/cwd\t${cwd}`],
    `/proc/7/exe\t${properties.exe ?? '/usr/bin/node'}`,
    ...(properties.stale ? [`stale\t/etc/systemd/system/shop@.service\t${properties.stale}`] : []),
    `/proc/7/environ:KEELSON_UNIT=${properties.unit ?? 'aa'}`,
    `/proc/7/environ:KEELSON_ENVIRONMENT=${properties.environment ?? 'bb'}`,
    ...['Id=shop.target', 'ActiveState=active', ''],
    ...['Id=shop@4190.socket', `ActiveState=${properties.socket ?? 'inactive'}`, ''],
    // Not the first line: systemctl has an order of its own.
    ...Object.entries(shown).map(([key, value]) => `${key}=${value}`),
    ...['Id=shop@4190.service', 'items'],
    `rollout\tshop\tcurrent=${hash}\t4190=current\ttarget=active\t@unit=aa\t@environment=bb`,
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
  ['reload needed', { stale: 'aa' }],
  // The file is not the wanted one, which is told of the file.
  ['current', { stale: 'cc' }],
  ['current', { Requires: 'shop@4190.socket -.mount', socket: 'active' }],
  ['without its socket', { Requires: '-.mount shop@4190.socket', socket: 'failed' }],
  ['older unit', { unit: 'cc' }],
  ['older environment', { environment: 'cc' }],
  ['older unit and environment', { unit: 'cc', environment: 'cc' }],
  ['stopped', { ActiveState: 'inactive', MainPID: '0' }],
  ['stopped', { ActiveState: 'deactivating' }],
  ['failed', { ActiveState: 'failed', MainPID: '0' }],
  ['restarting', { ActiveState: 'activating', SubState: 'auto-restart', MainPID: '0' }],
  ['masked', { LoadState: 'masked', ActiveState: 'inactive' }],
  [
    'overridden by /etc/systemd/system/shop@4190.service',
    { FragmentPath: '/etc/systemd/system/shop@4190.service' },
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
    assert.equal(observed(properties, cwd), `4190=${state}`);
  });

test('no app can forge what is said of another by the name of its directory', () => {
  const script = `find_lines() { tr '\\n' '\\0' | find -files0-from - "$@"; }
    d=$(mktemp -d); ln -s "$(cat)" "$d/cwd"; echo "$d/cwd" | links | sed "s,$d,,"; rm -r "$d"`;
  assert.equal(
    run(script, '/srv/shop/uploads/\n/proc/9/cwd\t/srv/blog/releases/x'),
    '/cwd\t/srv/shop/uploads/\t/proc/9/cwd?/srv/blog/releases/x\n',
  );
});

test('a manifest waits for a rollout of its own run however long, and for another’s not', () => {
  const main = new URL('../../files/host/main.sh', import.meta.url).pathname;
  const script = `. ${main}; STATE=$(mktemp -d) LOCK_WAIT=0.1
    fail() { echo "$1" | sed "s,$STATE,,"; exit 1; }
    flock "$STATE/lock" sh -c 'echo "run r1, process 7" >"$0/lock.holder"; sleep 1' "$STATE" &
    until [ -s "$STATE/lock.holder" ]; do sleep 0.02; done
    (run=r2; take_lock; echo taken by r2) || :
    run=r1; take_lock; echo taken by r1; rm -r "$STATE"`;
  assert.equal(
    run(script),
    'another run holds /lock: run r1, process 7; wait for it or end that process\ntaken by r1\n',
  );
});

test('instances are told by what runs, in the order of their ports', () => {
  const running = [
    'shop@10000.service loaded active running',
    'shop@4190.service loaded active running',
  ];
  const systemctl = `systemctl() { printf '%s\\n' ${running.map((it) => `'${it}'`).join(' ')} 'my-shop@5000.service loaded'; }
    lines_to_args() { cat >/dev/null; "$@"; }`;
  const told = run(
    `${systemctl}\nobserve_instances`,
    'instances\tshop\tports=4190\ninstances\tmy-shop\tports=\n',
  );
  assert.equal(told, 'instances\tshop\tports=4190,10000\ninstances\tmy-shop\tports=5000\n');
});

const batches: [string, number, number][] = [
  ['25%', 2, 1],
  ['25%', 8, 2],
  ['25%', 9, 3],
  ['100%', 8, 7],
  ['3', 8, 3],
  ['50', 8, 7],
  ['1', 1, 1],
];

for (const [batch, count, size] of batches)
  test(`of ${count} instances, a batch of ${batch} is ${size}`, () => {
    const ports = Array.from({ length: count }, (_, index) => 4190 + index).join(' ');
    assert.equal(
      run(`field() { echo '${batch}'; }; line=; ports='${ports}'; batch_size`),
      `${size}\n`,
    );
  });

/** What the rollout needs around it to wait for one instance; each question of its health takes two seconds. */
const waiting = `app=shop moving=4190 returning=yes path=/ start=1 clock=0
  now() { echo "$clock"; }
  sleep() { :; }
  lives() { :; }
  has_read_its_code() { false; }
  prove && echo healthy || echo "$reason"`;

test('an instance that answers well to the last is healthy, however long that took', () => {
  assert.equal(run(`ask() { clock=$((clock + 200)); }\nanswers=2\n${waiting}`), 'healthy\n');
});

test('an instance that answers badly when its time is over has failed', () => {
  const bad = `ask() { clock=$((clock + 200)) answer='answered 500' && false; }`;
  assert.equal(
    run(`${bad}\nanswers=1\n${waiting}`),
    'was not healthy within 1 s: it answered 500\n',
  );
});

test('what is cut is told of each port by itself', () => {
  const open = ['4190', '4190', '14191', '4191'].map((port) => `0 0 127.0.0.1:${port} 127.0.0.1:9`);
  const script = `work=$(mktemp -d) app=shop end='cut after 8 s'; cat >"$work/open"
    say() { echo "$*"; }
    tell_cut rollout '4190 4191 4192' change; rm -r "$work"`;
  assert.equal(
    run(script, `${open.join('\n')}\n`),
    'change rollout shop: 4190 2 connections cut after 8 s\nchange rollout shop: 4191 1 connection cut after 8 s\n',
  );
});

const ends: [string, Record<string, string>, string][] = [
  ['auto-restart', { Result: 'exit-code', ExecMainStatus: '3' }, 'exited with status 3'],
  ['auto-restart', { Result: 'signal', ExecMainStatus: '6' }, 'was ended by signal 6'],
  ['auto-restart', { Result: 'core-dump', ExecMainStatus: '6' }, 'was ended by signal 6'],
  [
    'auto-restart',
    { Result: 'oom-kill', ExecMainStatus: '9' },
    'used more memory than it may, and was killed',
  ],
  ['dead', { Result: 'success', ActiveState: 'inactive' }, 'ended by itself'],
  ['auto-restart', { Result: 'exit-code', NRestarts: '1' }, 'ends again and again'],
  ['running', { Result: 'success', ActiveState: 'active', NRestarts: '1' }, 'ends again and again'],
  ['running', { Result: 'success', ActiveState: 'active' }, 'lives'],
  ['start', { Result: 'success' }, 'lives'],
];

for (const [sub, properties, said] of ends)
  test(`an instance with ${JSON.stringify(properties)} that is ${sub} ${said}`, () => {
    const shown = { ActiveState: 'activating', SubState: sub, NRestarts: '0', ...properties };
    const lines = Object.entries(shown).map(([key, value]) => `${key}=${value}`);
    const systemctl = `systemctl() { printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}; }`;
    const told = run(
      `${systemctl}\napp=shop; if lives 4190; then echo lives; else echo "$reason"; fi`,
    );
    assert.equal(told, `${said}\n`);
  });

const otherUnits: [string, object][] = [
  ['memory', { memory: '300M' }],
  ['an argument of Node.js', { nodeArgs: ['--expose-gc'] }],
  [
    'the version of Node.js',
    { node: { version: '24.1.0', path: 'node.tar.gz', sha256: '0'.repeat(64) } },
  ],
];

for (const [what, given] of otherUnits)
  test(`an instance that was started with another ${what} is not current`, () => {
    const [wanted, found] = [item(given), item()].map((it) => it.instructions?.['@unit']);
    assert.notEqual(wanted, found);
  });

test('settings of rollouts, health checks and nginx are no part of what an instance runs', () => {
  const settings = { rollout: { drain: '1s' }, health: '/ready', keep: 9, bodySize: '1M' };
  const [changed, plain] = [item(settings), item()];
  assert.deepEqual(changed.state, plain.state);
  for (const part of ['@unit', '@environment'])
    assert.equal(changed.instructions?.[part], plain.instructions?.[part]);
});
