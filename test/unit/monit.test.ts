import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkName, renderChecks, renderMonit } from '../../components/monit.ts';
import { serverSchema } from '../../components/server.ts';
import { bookworm, find, lines, shop, textOf, trixie } from './shop.ts';

function server(given: object = {}, facts = trixie) {
  const parsed = serverSchema.parse({ address: 'web1.example.com', ...given });
  const manifest = renderMonit(parsed, facts).find(({ name }) => name === 'monit');
  assert.ok(manifest);
  return manifest.items;
}

test('an instance that does not answer is restarted through systemd, a few times', () => {
  const items = renderChecks(shop({ health: '/health?deep=1', stopTimeout: '20s' }), [4190]);
  assert.deepEqual(lines(textOf(items, '/etc/monit/keelson.d/shop.conf')), [
    'check host shop-4190 with address 127.0.0.1',
    'start program = "/usr/bin/systemctl --no-pager start shop@4190.service"',
    'stop program = "/usr/bin/systemctl --no-pager stop shop@4190.service"',
    'restart program = "/usr/bin/systemctl --no-pager restart shop@4190.service" with timeout 35 seconds',
    'if failed port 4190 protocol http request "/health?deep=1"',
    'with timeout 3 seconds for 3 cycles then restart',
    'if 5 restarts within 40 cycles then unmonitor',
  ]);
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

test('thresholds and the port of sshd come from the stack file', () => {
  const given = { port: 2222, monit: { disk: '80%', memory: '70%', load: 2 } };
  const text = textOf(server(given), '/etc/monit/keelson.d/0-server.conf');
  for (const line of [
    'if space usage > 80% for 4 cycles then alert',
    'if memory usage > 70% for 4 cycles then alert',
    'if loadavg (5min) per core > 2 for 4 cycles then alert',
    'if failed port 2222 protocol ssh with timeout 5 seconds for 3 cycles then restart',
  ])
    assert.ok(lines(text).includes(line), line);
});

test('alerts are mailed only when there is somebody to mail to', () => {
  assert.doesNotMatch(textOf(server(), '/etc/monit/monitrc'), /mailserver|set alert/);
  const alerts = { to: 'ops@example.com', server: 'mail.example.com' };
  const main = lines(textOf(server({ monit: { alerts } }), '/etc/monit/monitrc'));
  assert.ok(main.includes('set mailserver mail.example.com port 25'));
  assert.ok(main.includes('set alert ops@example.com'));
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
    ({ kind, name }) => kind === 'file' && name.startsWith('/etc/monit'),
  )) {
    assert.equal(item.state.mode, '0600', item.name);
    assert.equal(item.instructions?.['@check'], 'monit', item.name);
  }
});
