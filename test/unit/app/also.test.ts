import assert from 'node:assert/strict';
import { test } from 'node:test';
import { also } from '../../../components/app/also.ts';
import { service } from '../../../components/app/service.ts';
import { instances } from '../../../components/host/kinds.ts';
import { complaints, context, find, items, lines, shop, trixie } from '../shop.ts';

const mail = { type: 'worker', start: 'mail.js', instances: 2 };
const unit = '/etc/systemd/system/shop-mail@.service';
const wanted = (given: object, app: object = {}) =>
  also.render?.(shop({ ...app, also: { mail: { ...mail, ...given } } }), context(shop())) ?? {};
const text = (given: object = {}, app: object = {}): string =>
  find(wanted(given, app).app ?? [], 'file', unit).content ?? '';

test('a member has units of its own, as the user of the app and in its release', () => {
  const unitLines = lines(text());
  for (const line of [
    'Description=shop-mail, instance %i',
    'PartOf=shop.target',
    'User=shop',
    'WorkingDirectory=/srv/shop/current',
    'ExecStart=/usr/bin/node mail.js',
    'EnvironmentFile=/etc/keelson/shop/environment',
    'Environment=KEELSON_INSTANCE=%i',
    'SyslogIdentifier=shop-mail',
    'ExecStartPre=-+/usr/local/sbin/keelson begin shop-mail %i',
  ])
    assert.ok(unitLines.includes(line), `${line}\n${text()}`);
  assert.doesNotMatch(text(), /PORT=|HOSTNAME=/);
});

test('what a process has for itself is its own, and not the app’s', () => {
  const memory = /^MemoryMax=(.*)$/m;
  assert.equal(memory.exec(text({}, { memory: '4G' }))?.[1], '1G');
  assert.equal(memory.exec(text({ memory: '64M' }))?.[1], '64M');
  const exec = text({ start: undefined, exec: ['bin/mail', '--queue'] }, { nodeArgs: ['--no-x'] });
  assert.match(exec, /^ExecStart=\/srv\/shop\/current\/bin\/mail --queue$/m);
});

test('what it shares is the app’s: sandbox, directories, log files beside those of the app', () => {
  const given = { sandbox: { network: 'localhost' }, data: ['files'], logs: { to: 'files' } };
  assert.match(text({}, given), /^IPAddressDeny=any$/m);
  assert.match(text({}, given), /^ReadWritePaths=\/srv\/shop\/files$/m);
  assert.match(text({}, given), /^StandardOutput=append:\/var\/log\/shop\/mail@%i\.log$/m);
});

test('its unit file stays until its instances have ended, and goes with the second manifest', () => {
  const { app: units = [], site = [] } = wanted({});
  assert.deepEqual(
    units.map(({ name }) => name),
    [unit],
  );
  assert.deepEqual(site.slice(0, 2), [
    ...units,
    instances('shop-mail', [1, 2], { type: 'worker', stop: 15, of: 'shop' }),
  ]);
});

const checks = '/etc/monit/keelson.d/shop-mail';

test('Monit asks and limits it as it does a worker, by the time that its app has to start', () => {
  const { site = [] } = wanted(
    { healthy: { command: ['node', 'ping.js'] }, memory: '64M', limits: { cpu: { above: '50%' } } },
    { rollout: { start: '90s' }, limits: { memory: { above: '10M' } } },
  );
  const check = lines(find(site, 'file', `${checks}.conf`).content ?? '');
  assert.deepEqual(check.slice(0, 4), [
    'check program shop-mail-1 with path "/etc/monit/keelson.d/ask shop mail@1" with timeout 60 seconds',
    ...['every 6 cycles', 'if status = 4 then alert', 'if status = 3 for 3 cycles'],
  ]);
  assert.equal(
    check[4],
    'then exec "/etc/monit/keelson.d/restart shop-mail@1.service 90" repeat every 1 cycles',
  );
  assert.equal(
    find(site, 'file', `${checks}.health`).content,
    `health\tshop-mail\t@health=command\t@command=node ping.js\t@start=90\t@patience=10\t@silence=15
limit allowed 64 0 restart
limit cpu 50 300 alert
`,
  );
  assert.deepEqual(
    site.filter(({ kind }) => kind === 'monitor').map(({ name }) => name),
    ['shop-mail-1', 'shop-mail-2'],
  );
  const above = { also: { mail: { ...mail, memory: '1G', limits: { memory: { above: '2G' } } } } };
  assert.deepEqual(complaints({ start: 'a.js', ...above }), [
    'also.mail.limits.memory.above is not below `memory`, at which the instance is killed; choose less',
  ]);
});

test('the target of the app starts its members at boot, after its own instances', () => {
  const web = shop({ instances: 1, also: { mail, clean: { type: 'worker', start: 'clean.js' } } });
  const all = items(service.render?.(web, context(web)));
  const target = find(all, 'file', '/etc/systemd/system/shop.target').content;
  const units = 'shop@3700.service shop-clean@1.service shop-mail@1.service shop-mail@2.service';
  assert.match(target ?? '', new RegExp(`^Wants=${units}\nPropagatesReloadTo=${units}$`, 'm'));
});

test('a job of the app has a unit and a timer, which end with the second manifest', () => {
  const clean = { type: 'job', start: 'clean.js', at: 'daily', memory: '64M' };
  const app = shop({ logs: { to: 'files' }, also: { clean } });
  const { app: files = [], site = [] } = also.render?.(app, context(shop())) ?? {};
  const folder = '/etc/systemd/system';
  assert.deepEqual(
    files.map(({ name }) => name),
    [`${folder}/shop-clean.service`, `${folder}/shop-clean.timer`],
  );
  assert.deepEqual(site.slice(0, 2), files);
  assert.deepEqual(
    site.slice(2).map(({ kind, name, state }) => `${kind} ${name} ${state.active ?? ''}`),
    ['unit shop-clean.service ', 'unit shop-clean.timer active'],
  );
  const job = find(files, 'file', `${folder}/shop-clean.service`).content ?? '';
  for (const line of [
    ...['User=shop', 'MemoryMax=64M'],
    ...['SyslogIdentifier=shop-clean', 'ExecStart=/usr/bin/node clean.js'],
    'StandardOutput=append:/var/log/shop/clean.log',
    'ExecStartPre=-+/usr/bin/flock -s /var/lib/keelson/rollouts/shop/runs true',
  ])
    assert.ok(lines(job).includes(line), `${line}\n${job}`);
  // By which `keelson run` finds it.
  assert.match(job, /^# One run of the job shop-clean\./);
  const timer = find(files, 'file', `${folder}/shop-clean.timer`).content ?? '';
  assert.match(timer, /^OnCalendar=daily$/m);
  const target = items(service.render?.(app, context(app)));
  assert.doesNotMatch(find(target, 'file', `${folder}/shop.target`).content ?? '', /clean/);
});

test('an app without members wants nothing of it, and says nothing', () => {
  assert.deepEqual(also.render?.(shop(), context(shop())), { app: [], site: [] });
  assert.deepEqual(also.report?.(shop(), context(shop())), {});
  assert.deepEqual(also.report?.(shop({ also: { mail } }), context(shop())), {
    also: { mail: [1, 2] },
  });
});

test('an app that the server has still is not to become a member in the same run', () => {
  const facts = { ...trixie, releases: { 'shop-mail': ['d'.repeat(64)] } };
  assert.throws(() => also.render?.(shop({ also: { mail } }), context(shop(), { facts })), {
    setting: 'also.mail',
    message:
      'its units are called shop-mail@, as those of the app shop-mail are, which the server has still; take that app out in a run of its own first, or rename the member',
  });
});

test('a member says what it is, what it runs, and what only a process has', () => {
  const said = (member: object, name = 'mail') =>
    complaints({ start: 'a.js', also: { [name]: member } });
  assert.deepEqual(said({ type: 'worker' }), [
    'also.mail.start is missing; give the script that Node.js runs, or another command as `exec`',
  ]);
  assert.match(said({ start: 'mail.js' }).join(), /^also\.mail\.type /);
  assert.match(said({ ...mail, domains: ['a.de'] }).join(), /also\.mail .*domains/);
  assert.match(said(mail, 'Mail').join(), /^also\.Mail /);
});

test('TypeScript that its Node.js does not run is found, and the member named', () => {
  assert.throws(() => wanted({ start: 'mail.ts' }, { node: 'debian' }), {
    setting: 'also.mail.start',
    message: /^mail\.ts is TypeScript/,
  });
});
