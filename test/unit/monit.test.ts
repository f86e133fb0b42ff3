import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkName, renderChecks, renderMonit } from '../../components/server/monit.ts';
import { serverSchema } from '../../components/server/server.ts';
import { bookworm, find, lines, shop, textOf, trixie } from './shop.ts';

function server(given: object = {}, facts = trixie) {
  const parsed = serverSchema.parse({ address: 'web1.example.com', ...given });
  const manifest = renderMonit(parsed, facts).find(({ name }) => name === 'monit');
  assert.ok(manifest);
  return manifest.items;
}

test('an instance is asked what a rollout asks it, and is given as much time to start', () => {
  const rollout = { status: 204, text: 'a.b+c', start: '10m' };
  const items = renderChecks(shop({ health: '/health?deep=1', rollout }), [4190]);
  assert.deepEqual(lines(textOf(items, '/etc/monit/keelson.d/shop.conf')), [
    'check host shop-4190 with address 127.0.0.1',
    'if failed port 4190 protocol http request "/health?deep=1" status = 204',
    'with http headers [Host: shop.example.com] content = "a[.]b[+]c"',
    'with timeout 5 seconds for 3 cycles',
    'then exec "/etc/monit/keelson.d/restart shop@4190.service 600" repeat every 1 cycles',
  ]);
});

test('an instance whose answer may be any is asked for its status alone', () => {
  const items = renderChecks(shop({ domains: ['default'], rollout: { start: '2s' } }), [4190]);
  const text = textOf(items, '/etc/monit/keelson.d/shop.conf');
  assert.match(text, /request "\/" status = 200\n\s+with http headers \[Host: localhost\]\n/);
  assert.match(text, /with timeout 2 seconds/);
});

test('what Monit runs when an instance hangs is root’s', () => {
  const { state } = find(server(), 'file', '/etc/monit/keelson.d/restart');
  assert.deepEqual([state.owner, state.mode], ['root', '0700']);
});

test('each check in the files is watched for, so that one that gave up is drift', () => {
  const items = [...server(), ...renderChecks(shop(), [4190, 4191])];
  const checks = items
    .flatMap(({ content = '' }) => lines(content))
    .flatMap((line) => /^check \S+ (\S+)/.exec(line)?.[1] ?? []);
  const watched = items.filter(({ kind }) => kind === 'monitor').map(({ name }) => name);
  assert.deepEqual(checks.sort(), watched.sort());
  assert.ok(watched.includes(checkName({ name: 'shop' }, 4191)));
});

test('the control socket is root’s, and the cycle is that of the stack file', () => {
  const main = lines(textOf(server({ monit: { interval: '20s' } }), '/etc/monit/monitrc'));
  assert.ok(main.includes('set daemon 20'));
  assert.deepEqual(
    main.filter((line) => line.startsWith('set httpd')),
    ['set httpd unixsocket /run/monit.sock uid root gid root permission 0600 allow localhost'],
  );
});

test('thresholds come from the stack file', () => {
  const given = { monit: { disk: '80%', memory: '70%', load: 2 } };
  const text = textOf(server(given), '/etc/monit/keelson.d/0-server.conf');
  for (const line of [
    'if space usage > 80% for 4 cycles then alert',
    'if memory usage > 70% for 4 cycles then alert',
    'if loadavg (5min) per core > 2 for 4 cycles then alert',
  ])
    assert.ok(lines(text).includes(line), line);
});

test('sshd is asked where it listens on the host, not where it is reached from outside', () => {
  const asked = (sshd: string) => {
    const items = server({ port: 2222 }, { ...trixie, sshd });
    const text = textOf(items, '/etc/monit/keelson.d/0-server.conf');
    const watched = items.some(({ kind, name }) => kind === 'monitor' && name === 'sshd');
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
  assert.doesNotMatch(textOf(server(), '/etc/monit/monitrc'), /mailserver|set alert/);
  const alerts = { to: 'ops@example.com', server: 'mail.example.com' };
  const main = lines(textOf(server({ monit: { alerts } }), '/etc/monit/monitrc'));
  const ehlo = 'using hostname "localhost"';
  assert.ok(main.includes(`set mailserver mail.example.com port 25 ${ehlo}`));
  assert.ok(main.includes('from: monit@localhost'));
  assert.ok(main.includes('subject: localhost: $SERVICE: $EVENT'));
  // Each move of an instance, and each reload of Monit, would be one.
  assert.ok(main.includes('set alert ops@example.com not on { action, instance }'));
});

test('an alert names the server that it is about', () => {
  const alerts = { to: 'ops@example.com', server: 'mail.example.com' };
  const main = (given: object, hostname: string) =>
    textOf(
      server({ monit: { alerts: { ...alerts, ...given } } }, { ...trixie, hostname }),
      '/etc/monit/monitrc',
    );
  assert.match(main({}, 'web1'), /^\tfrom: monit@web1\n\tsubject: web1: /m);
  assert.match(main({ from: 'a@example.com' }, 'web1'), /^\tfrom: a@example.com\n/m);
  assert.match(main({}, 'we"b{1'), /^\tfrom: monit@we-b-1$/m);
});

test('systemd starts Monit again: by a drop-in, and on bookworm by a unit that it lacks', () => {
  const dropin = '/etc/systemd/system/monit.service.d/keelson.conf';
  const fragment = '/etc/systemd/system/monit.service';
  const fresh = server({}, trixie);
  assert.match(textOf(fresh, dropin), /^Restart=always$/m);
  assert.equal(find(fresh, 'unit', 'monit.service').state.dropins, dropin);
  const old = server({}, bookworm);
  assert.match(textOf(old, fragment), /^Restart=always$/m);
  assert.equal(find(old, 'unit', 'monit.service').state.fragment, fragment);
  assert.ok(!old.some(({ name }) => name === dropin));
});

test('the files are root’s alone and checked by Monit before they take effect', () => {
  const items = [...server(), ...renderChecks(shop(), [4190])];
  for (const item of items.filter(
    ({ kind, name }) => kind === 'file' && /^\/etc\/monit\/(monitrc|.*\.conf)$/.test(name),
  )) {
    assert.equal(item.state.mode, '0600', item.name);
    assert.equal(item.instructions?.['@check'], 'monit', item.name);
  }
});
