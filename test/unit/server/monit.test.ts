import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { monit } from '../../../components/server/monit.ts';
import { scratchDirectory } from '../scratch.ts';
import { bookworm, find, items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const scratch = scratchDirectory('monit');

const render = (given: object = {}, facts = trixie) =>
  items(monit.render?.(web1(given), { facts }));
const main = (given: object = {}, facts = trixie) =>
  lines(textOf(render(given, facts), '/etc/monit/monitrc'));
const server = (given: object = {}, facts = trixie) =>
  textOf(render(given, facts), '/etc/monit/keelson.d/0-server.conf');

test('each check in the file is watched for, so that one that gave up is drift', () => {
  const inFile = [...server().matchAll(/^check \S+ (\S+)/gm)].map(([, name]) => name);
  const watched = render().filter(({ kind }) => kind === 'monitor');
  assert.deepEqual(inFile, ['host', 'disk', 'sshd', 'nginx', 'logrotate']);
  assert.deepEqual(
    watched.map(({ name }) => name),
    inFile,
  );
});

test('the control socket is root’s, and the cycle is that of the stack file', () => {
  const told = main({ monit: { interval: '20s' } });
  assert.ok(told.includes('set daemon 20'));
  assert.deepEqual(
    told.filter((line) => line.startsWith('set httpd')),
    ['set httpd unixsocket /run/monit.sock uid root gid root permission 0600 allow localhost'],
  );
});

test('thresholds come from the stack file', () => {
  const told = lines(server({ monit: { disk: '80%', memory: '70%', load: 2 } }));
  for (const line of [
    'if space usage > 80% for 4 cycles then alert',
    'if inode usage > 80% for 4 cycles then alert',
    'if memory usage > 70% for 4 cycles then alert',
    'if loadavg (5min) per core > 2 for 4 cycles then alert',
  ])
    assert.ok(told.includes(line), line);
});

test('with channels each check of the host tells them too, and when it is over', () => {
  const given = { alerts: { slack: {} } };
  const told = lines(server(given)).filter((line) => line.includes('keelson alert'));
  const say = (event: string, what: string) =>
    `exec "/usr/local/sbin/keelson alert ${event} '${what}'"`;
  const over = (what: string) =>
    `${say('resource', what)} else if succeeded then ${say('recovered', what)}`;
  assert.deepEqual(told, [
    `if loadavg (5min) per core > 4 for 4 cycles then ${over('load')}`,
    `if memory usage > 90% for 4 cycles then ${over('memory')}`,
    `if cpu usage > 95% for 20 cycles then ${over('cpu')}`,
    `if space usage > 90% for 4 cycles then ${over('disk /')}`,
    `if inode usage > 90% for 4 cycles then ${over('inodes /')}`,
    `if 1 restart within 1 cycle then ${say('hung', 'sshd')}`,
    `if 1 restart within 1 cycle then ${say('hung', 'nginx')}`,
  ]);
});

test('sshd is asked where it listens on the host, not where it is reached from outside', () => {
  const asked = (sshd: string) => {
    const facts = { ...trixie, sshd };
    const text = server({ port: 2222 }, facts);
    const watched = names(render({}, facts)).includes('monitor sshd');
    assert.equal(watched, /^check process sshd/m.test(text));
    return /if failed (host \S+ port \d+) protocol ssh/.exec(text)?.[1];
  };
  assert.equal(asked('[::]:22 0.0.0.0:22'), 'host 127.0.0.1 port 22');
  assert.equal(asked('[::]:2200'), 'host ::1 port 2200');
  assert.equal(asked('10.0.0.7:22 127.0.0.1:22'), 'host 127.0.0.1 port 22');
  assert.equal(asked('10.0.0.7:22 [2001:db8::7]:22'), 'host 10.0.0.7 port 22');
  assert.equal(asked('[2001:db8::7]:22'), 'host 2001:db8::7 port 22');
  assert.equal(asked(''), undefined);
});

test('alerts are mailed only when there is somebody to mail to', () => {
  assert.doesNotMatch(main().join('\n'), /mailserver|mail-format|set alert/);
  const alerts = { to: 'ops@example.com', server: 'mail.example.com' };
  const told = main({ monit: { alerts } });
  const ehlo = 'using hostname "localhost"';
  assert.ok(told.includes(`set mailserver mail.example.com port 25 ${ehlo}`));
  assert.ok(told.includes('from: monit@localhost'));
  assert.ok(told.includes('subject: localhost: $SERVICE: $EVENT'));
  // Each move of an instance, and each reload of Monit, would be one.
  assert.ok(told.includes('set alert ops@example.com not on { action, instance }'));
});

test('an alert names the server that it is about', () => {
  const alerts = { to: 'ops@example.com', server: 'mail.example.com' };
  const from = (hostname: string, more: object = {}, given: object = {}) =>
    main({ ...given, monit: { alerts: { ...alerts, ...more } } }, { ...trixie, hostname })
      .filter((line) => /^(from|subject):/.test(line))
      .join(' ');
  assert.equal(from('web1'), 'from: monit@web1 subject: web1: $SERVICE: $EVENT');
  assert.match(from('web1', { from: 'a@example.com' }), /^from: a@example.com subject: web1:/);
  assert.match(from('x', {}, { hostname: 'web1.de' }), /^from: monit@web1\.de /);
  assert.match(from('we"b{1'), /^from: monit@we-b-1 /);
});

test('systemd starts Monit again: by a drop-in, and on bookworm by a unit that it lacks', () => {
  const dropin = '/etc/systemd/system/monit.service.d/keelson.conf';
  const fragment = '/etc/systemd/system/monit.service';
  assert.deepEqual(lines(textOf(render(), dropin)).slice(0, 9), [
    '[Unit]',
    'After=nginx.service ssh.service',
    '[Service]',
    'Restart=always',
    'RestartSec=5s',
    'MemoryMax=256M',
    'OOMPolicy=continue',
    'ExecReload=',
    'ExecReload=+/usr/bin/monit reload',
  ]);
  assert.ok(!names(render()).includes(`file ${fragment}`));
  const old = render({}, bookworm);
  const own = find(old, 'file', fragment);
  for (const line of ['Restart=always', 'ExecReload=+/usr/bin/monit reload'])
    assert.ok(lines(own.content ?? '').includes(line), line);
  assert.deepEqual(own.instructions, { '@check': 'systemd' });
  assert.ok(!names(old).includes(`file ${dropin}`));
});

test('what is added to the sandbox of Debian 13 is part of the unit that bookworm gets', () => {
  const added = lines(textOf(render(), '/etc/systemd/system/monit.service.d/keelson.conf')).slice(
    9,
  );
  const whole = lines(textOf(render({}, bookworm), '/etc/systemd/system/monit.service'));
  assert.ok(added.includes('RestrictNamespaces=yes'));
  const at = whole.indexOf(added[0] ?? '');
  assert.deepEqual(whole.slice(at, at + added.length), added);
  // Monit gives its socket away, and is asked over it.
  assert.equal(
    added.filter((line) => line.startsWith('SystemCallFilter=')).at(-1),
    'SystemCallFilter=@chown',
  );
});

test('it is told by a reload on both', () => {
  for (const facts of [bookworm, trixie]) {
    const { state, instructions } = find(render({}, facts), 'unit', 'monit.service');
    assert.deepEqual(state, { enabled: 'enabled', active: 'active', config: 'current' });
    assert.deepEqual(instructions, { '@change': 'reload', '@config': '/etc/monit' });
  }
});

test('what it reads is root’s alone, nothing else lies there, and Monit reads it before it takes effect', () => {
  const { state, instructions } = find(render(), 'directory', '/etc/monit/keelson.d');
  assert.deepEqual(state, { owner: 'root', group: 'root', mode: '0700' });
  assert.deepEqual(instructions, { '@whole': 'yes' });
  const files = render().filter(({ kind, name }) => kind === 'file' && /^\/etc\/monit/.test(name));
  assert.deepEqual(
    files.map(({ name, state, instructions }) => [
      name,
      state.owner,
      state.mode,
      instructions?.['@check'],
    ]),
    [
      ['/etc/monit/keelson.d/0-server.conf', 'root', '0600', 'monit'],
      ['/etc/monit/keelson.d/ask', 'root', '0700', undefined],
      ['/etc/monit/keelson.d/need', 'root', '0700', undefined],
      ['/etc/monit/keelson.d/restart', 'root', '0700', undefined],
      ['/etc/monit/monitrc', 'root', '0600', 'monit'],
    ],
  );
});

type Instance = {
  state?: string;
  entered?: string;
  target?: string;
  last?: number;
  moving?: string;
  why?: string[];
  /** Says nothing, and is in this state two seconds after it was told to end. */
  silent?: readonly [string];
  /** Of a member of shop. */
  unit?: string;
};

/** What alerts were asked for. */
const said = join(scratch, 'said');

/** Seconds ago that the instance, and another one of the app, last changed; what systemctl was told then. */
function restart(own: number, other: number, start = 60, more: Instance = {}): string {
  const { state = 'active', entered = '7', target = 'active', last = 60 } = more;
  const { moving = '', silent = [], unit = 'shop@3700.service' } = more;
  const later = silent[0] ?? state;
  const script = join(scratch, 'restart');
  const told = join(scratch, 'told');
  const stamp = join(scratch, `keelson/restarted.${unit.replace(/@.*/, '')}`);
  const now = Math.floor(Date.now() / 1000);
  const text = textOf(render(), '/etc/monit/keelson.d/restart');
  const keelson = join(scratch, 'helper');
  writeFileSync(keelson, `#!/bin/sh\necho "$*" >>"${said}"\n`);
  chmodSync(keelson, 0o755);
  writeFileSync(said, '');
  rmSync(join(scratch, 'keelson/watched'), { recursive: true, force: true });
  mkdirSync(join(scratch, 'keelson/watched/shop@3700'), { recursive: true });
  writeFileSync(join(scratch, 'keelson/watched/shop@3700/reason'), 'gave no answer\n');
  mkdirSync(join(scratch, 'rollouts/shop'), { recursive: true });
  writeFileSync(join(scratch, 'rollouts/shop/moving'), `x\n${moving}\ntrial\n`);
  writeFileSync(
    script,
    text
      .replaceAll('/run/', `${scratch}/`)
      .replaceAll('/usr/local/sbin/keelson', keelson)
      .replaceAll('/var/lib/keelson/', `${scratch}/`)
      .replace('sleep 2', ':')
      .replace('flock -w 5', 'flock -w 2'),
  );
  writeFileSync(told, '');
  mkdirSync(join(scratch, 'keelson'), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, now - last, now - last);
  const answers = [
    `*show*\\**) printf '@%s\\n' ${now - own} ${now - other} ;;`,
    `*'-p ActiveState '*) [ -s "${told}" ] && echo ${later} || echo ${state} ;;`,
    `*'-p ActiveEnterTimestampMonotonic '*) echo ${entered} ;;`,
    `*'-p PartOf '*) echo shop.target ;;`,
    `*show*) echo @${now - own} ;;`,
    `is-active*) [ ${target} = active ] ;;`,
    `*) echo "$*" >>"${told}" ;;`,
  ];
  writeFileSync(join(scratch, 'systemctl'), `#!/bin/sh\ncase $* in\n${answers.join('\n')}\nesac\n`);
  chmodSync(join(scratch, 'systemctl'), 0o755);
  // Seconds count here, however long a program takes to begin.
  writeFileSync(join(scratch, 'date'), `#!/bin/sh\necho ${now}\n`);
  chmodSync(join(scratch, 'date'), 0o755);
  const env = { ...process.env, PATH: `${scratch}:${process.env.PATH}` };
  const why = silent.length > 0 ? ['silent'] : (more.why ?? []);
  const run = spawnSync('sh', [script, unit, String(start), ...why], { env });
  assert.equal(run.status, 0, String(run.stderr));
  return readFileSync(told, 'utf8').trim();
}

test('an instance that hangs is started again', () => {
  assert.equal(restart(100, 100), 'restart shop@3700.service');
});

test('but not before it had its time to start, nor within 15 seconds of another one of its app', () => {
  assert.equal(restart(50, 100), '');
  assert.equal(restart(50, 100, 30), 'restart shop@3700.service');
  assert.equal(restart(100, 10), '');
  assert.equal(restart(100, 20), 'restart shop@3700.service');
  assert.equal(restart(100, 100, 60, { last: 10 }), '');
});

test('a clock that was put back keeps nothing waiting', () => {
  assert.equal(restart(-3600, -3600, 60, { last: -3600 }), 'restart shop@3700.service');
});

test('one that ends again and again does not keep the others waiting for ever', () => {
  assert.equal(restart(179, 1), '');
  assert.equal(restart(180, 1), 'restart shop@3700.service');
  assert.equal(restart(180, 1, 60, { last: 10 }), '');
});

test('what was stopped by hand stays so; what never ran since the host was started is started', () => {
  assert.equal(restart(5000, 5000, 60, { state: 'inactive' }), '');
  const never = { state: 'inactive', entered: '0' };
  assert.equal(restart(100, 100, 60, never), 'restart shop@3700.service');
  assert.equal(restart(100, 100, 60, { ...never, target: 'inactive' }), '');
});

test('what ended is left to systemd: what it gave up on, and what pauses before its next start', () => {
  for (const state of ['failed', 'activating', 'deactivating'])
    assert.equal(restart(5000, 5000, 60, { state }), '', state);
});

test('one that says nothing is killed where SIGTERM does not end it in two seconds', () => {
  const silent = (state: string) => restart(100, 100, 60, { silent: [state] });
  assert.equal(silent('active'), 'restart --no-block shop@3700.service');
  assert.equal(
    silent('deactivating'),
    'restart --no-block shop@3700.service\nkill --signal=KILL shop@3700.service',
  );
});

test('it is said, and so is what came; once it is well again that is said, too', () => {
  const hung = join(scratch, 'keelson/watched/shop@3700/hung');
  restart(100, 100);
  assert.equal(readFileSync(said, 'utf8'), 'alert hung shop@3700 gave no answer\n');
  assert.ok(existsSync(hung));
  restart(50, 100);
  assert.equal(readFileSync(said, 'utf8'), '');
  restart(100, 100, 60, { why: ['resource', 'uses 900M'] });
  assert.equal(
    readFileSync(said, 'utf8'),
    'alert resource shop@3700 uses 900M; it is started again\n',
  );
  assert.ok(!existsSync(hung));
});

test('several that Monit asks for at one moment wait for each other, those of other apps not', async (t) => {
  const hold = async (name: string, seconds: string) => {
    const lock = join(scratch, `keelson/restarting.${name}`);
    const holder = spawn('flock', [
      '--no-fork',
      lock,
      'sh',
      '-c',
      `echo held; exec sleep ${seconds}`,
    ]);
    t.after(() => holder.kill());
    await new Promise((held) => holder.stdout.once('data', held));
    return holder;
  };
  const other = await hold('late', '60');
  await hold('shop', '0.5');
  assert.equal(restart(100, 100), 'restart shop@3700.service');
  assert.equal(other.exitCode, null);
});

test('what a rollout moves is left to it, for as long as that goes on', async (t) => {
  const lock = join(scratch, 'rollouts/shop/lock');
  const moving = '3700 3701';
  assert.equal(restart(100, 100, 60, { moving }), 'restart shop@3700.service');
  const holder = spawn('flock', ['--no-fork', lock, 'sh', '-c', 'echo held; cat'], {
    stdio: 'pipe',
  });
  t.after(() => holder.stdin.end());
  await new Promise((held) => holder.stdout.once('data', held));
  assert.equal(restart(100, 100, 60, { moving }), '');
  assert.equal(restart(100, 100, 60, { moving: '3701' }), 'restart shop@3700.service');
  const unit = 'shop-mail@1.service';
  assert.equal(restart(100, 100, 60, { unit, moving: '3700 mail@1' }), '');
  assert.equal(restart(100, 100, 60, { unit, moving: '1' }), `restart ${unit}`);
});

test('a member is started again as an instance of its app is, and told of by its own name', () => {
  const unit = 'shop-mail@1.service';
  assert.equal(restart(100, 100, 60, { unit, why: ['resource', 'uses 900M'] }), `restart ${unit}`);
  assert.equal(
    readFileSync(said, 'utf8'),
    'alert resource shop-mail@1 uses 900M; it is started again\n',
  );
  const never = { unit, state: 'inactive', entered: '0' };
  assert.equal(restart(100, 100, 60, never), `restart ${unit}`);
  assert.equal(restart(100, 100, 60, { ...never, target: 'inactive' }), '');
});

test('nor while another one of its app is being started again', async (t) => {
  mkdirSync(join(scratch, 'keelson'), { recursive: true });
  const lock = join(scratch, 'keelson/restarting.shop');
  const holder = spawn('flock', ['--no-fork', lock, 'sh', '-c', 'echo held; cat'], {
    stdio: 'pipe',
  });
  t.after(() => holder.stdin.end());
  await new Promise((held) => holder.stdout.once('data', held));
  assert.equal(restart(100, 100), '');
});
