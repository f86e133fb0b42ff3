import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
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
      ['/etc/monit/keelson.d/watch', 'root', '0700', undefined],
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
  /** Says nothing, and is in this state two seconds after it was told to end. */
  silent?: readonly [string];
};

/** Seconds ago that the instance, and another one of the app, last changed; what systemctl was told then. */
function restart(own: number, other: number, start = 60, more: Instance = {}): string {
  const { state = 'active', entered = '7', target = 'active', last = 60, silent = [] } = more;
  const later = silent[0] ?? state;
  const script = join(scratch, 'restart');
  const told = join(scratch, 'told');
  const stamp = join(scratch, 'keelson/restarted.shop');
  const now = Math.floor(Date.now() / 1000);
  const text = textOf(render(), '/etc/monit/keelson.d/restart');
  writeFileSync(
    script,
    text
      .replaceAll('/run/', `${scratch}/`)
      .replace('/usr/local/sbin/keelson', 'true')
      .replace('sleep 2', ':'),
  );
  writeFileSync(told, '');
  mkdirSync(join(scratch, 'keelson'), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, now - last, now - last);
  const answers = [
    `*show*\\**) printf '@%s\\n' ${now - own} ${now - other} ;;`,
    `*'-p ActiveState '*) [ -s "${told}" ] && echo ${later} || echo ${state} ;;`,
    `*'-p ActiveEnterTimestampMonotonic '*) echo ${entered} ;;`,
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
  const args = ['shop@3700.service', String(start), ...(silent.length > 0 ? ['silent'] : [])];
  const run = spawnSync('sh', [script, ...args], { env });
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

test('nor while another one is being started again', async (t) => {
  restart(100, 100);
  const script = join(scratch, 'restart');
  const holder = spawn('flock', [script, 'sh', '-c', 'echo held; cat'], { stdio: 'pipe' });
  t.after(() => holder.stdin.end());
  await new Promise((held) => holder.stdout.once('data', held));
  writeFileSync(join(scratch, 'told'), '');
  const env = { ...process.env, PATH: `${scratch}:${process.env.PATH}` };
  assert.equal(spawnSync('sh', [script, 'shop@3700.service', '60'], { env }).status, 0);
  assert.equal(readFileSync(join(scratch, 'told'), 'utf8'), '');
});

/** What comes of the program that asks an instance, of which curl says so much: its exit code, and what it says. */
function asked(curl: string, text = ''): { status: number | null; said: string } {
  const script = join(scratch, 'ask');
  const settings = join(scratch, 'shop.health');
  writeFileSync(settings, `shop.example.com\n/health\n200\n3\n${text}\n`);
  writeFileSync(join(scratch, 'curl'), `#!/bin/sh\nanswer=${scratch}/answer.3700\n${curl}\n`);
  chmodSync(join(scratch, 'curl'), 0o755);
  const program = textOf(render(), '/etc/monit/keelson.d/ask')
    .replace('/etc/monit/keelson.d/', `${scratch}/`)
    .replace('/run/keelson-answer', `${scratch}/answer`);
  writeFileSync(script, program);
  const env = { PATH: `${scratch}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync('sh', [script, 'shop', '3700'], { env });
  return { status, said: `${stdout}${stderr}`.trimEnd() };
}
const ask = (curl: string, text = '') => asked(curl, text).status;

test('that one says nothing at all is told apart from all other answers', () => {
  assert.equal(ask('printf 000; exit 28'), 2);
  for (const other of ['printf 200; exit 28', 'printf 000; exit 7', 'printf 503'])
    assert.equal(ask(other), 1, other);
});

test('an instance is asked for its status and a text, by a program that reads so much of an answer', () => {
  assert.equal(ask('printf 200'), 0);
  assert.equal(ask('printf 503'), 1);
  assert.equal(ask('printf 200; exit 28'), 1);
  assert.equal(ask('echo all is well >"$answer"; printf 200', 'is w'), 0);
  assert.equal(ask('echo nothing is >"$answer"; printf 200', 'is w'), 1);
  const flood = `head -c 5000000 /dev/zero 2>/dev/null >"$answer"; wc -c <"$answer" >${scratch}/size; printf 200; exit 23`;
  assert.equal(ask(flood), 0);
  assert.equal(Number(readFileSync(join(scratch, 'size'), 'utf8')), 1 << 20);
  assert.ok(!existsSync(join(scratch, 'answer.3700')));
  assert.equal(ask(flood, 'is w'), 1);
});

test('what was asked and what came is in Monit’s log, as far as it fits there', () => {
  const question =
    'http://127.0.0.1:3700/health (Host: shop.example.com, X-Forwarded-Proto: https)';
  const moved = `printf '\\n<b>\\033[2J Moved\\nmore\\n' >"$answer"; printf '301 https://shop.example.com/a'`;
  assert.equal(
    asked(moved).said,
    `${question}: 301, not 200, Location: https://shop.example.com/a: <b> [2J Moved`,
  );
  assert.equal(asked('printf "200 "', 'is w').said, `${question}: 200 without "is w":`);
  assert.equal(asked('printf "000 "; exit 7').said, `${question}: nobody listens:`);
  assert.equal(asked('printf "000 "; exit 28').said, `${question}: no answer:`);
  assert.equal(asked('printf "200 "').said, '');
  const long = 'head -c 5000 /dev/zero | tr "\\0" x >"$answer"; printf "500 "';
  assert.equal(asked(long).said.length, 400);
  const sent =
    'for word; do case $word in X-*) echo "$word" >"$answer" ;; esac; done; printf "200 "';
  assert.equal(asked(sent, 'X-Forwarded-Proto: https').status, 0);
});

type Asking = { answers: readonly number[]; monitored?: string };

/** What comes of asking an instance that answers so, each question taking five seconds, in Monit's words. */
function watched({ answers, monitored = 'Monitored' }: Asking): string {
  const own = mkdtempSync(join(scratch, 'watch-'));
  const program = (name: string, text: string) =>
    writeFileSync(join(own, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  writeFileSync(join(own, 'answers'), answers.map((answer) => `${answer}\n`).join(''));
  writeFileSync(join(own, 'clock'), '1000');
  program('date', `cat ${own}/clock`);
  program(
    'ask',
    `echo $(($(cat ${own}/clock) + 5)) >${own}/clock; echo asked
    read -r answer <${own}/answers; sed -i 1d ${own}/answers; exit "$answer"`,
  );
  program('monit', `printf "Program 'shop-3700'\\n  monitoring status            ${monitored}\\n"`);
  program('restart', 'echo "restart $*"');
  const text = textOf(render(), '/etc/monit/keelson.d/watch');
  writeFileSync(join(own, 'watch'), text.replaceAll('/etc/monit/keelson.d/', `${own}/`));
  const env = { PATH: `${own}:${process.env.PATH}` };
  const args = [join(own, 'watch'), ...'shop 3700 shop-3700 60 15'.split(' ')];
  const { status, stdout } = spawnSync('sh', args, { env });
  const left = readFileSync(join(own, 'answers'), 'utf8').split('\n').length - 1;
  return [`${answers.length - left} asked`, ...String(stdout).trim().split('\n'), status].join(
    ', ',
  );
}

test('one that says nothing to three questions in fifteen seconds is started again', () => {
  const restarted = 'restart shop@3700.service 60 silent';
  assert.equal(watched({ answers: [2, 2, 2, 2] }), `3 asked, ${restarted}, asked, 2`);
});

test('but not one that is busy for ten, nor one that answers otherwise than it should', () => {
  assert.equal(watched({ answers: [0] }), '1 asked, asked, 0');
  assert.equal(watched({ answers: [2, 2, 0] }), '3 asked, asked, 0');
  assert.equal(watched({ answers: [1] }), '1 asked, asked, 1');
  assert.equal(watched({ answers: [2, 1] }), '2 asked, asked, 1');
});

test('nor one that a rollout has told Monit to leave alone meanwhile', () => {
  for (const monitored of ['Not monitored', 'Initializing'])
    assert.equal(watched({ answers: [2, 2, 2], monitored }), '3 asked, , 0', monitored);
});
