import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unseen } from '../../components/host/facts.ts';
import type { Item } from '../../components/host/item.ts';
import { template } from '../../components/lib/template.ts';
import { sysctls } from '../../components/server/kernel.ts';
import { renderServer, type ServerConfig, serverSchema } from '../../components/server/server.ts';

const key = `ssh-ed25519 ${'A'.repeat(68)}`;

const server = (given: object = {}): ServerConfig => ({
  ...serverSchema.parse({ address: 'web1.example.com', ...given }),
  name: 'web1',
});

function items(given: object = {}, manifest = 'base'): readonly Item[] {
  const found = renderServer(server(given), unseen.facts).find(({ name }) => name === manifest);
  assert.ok(found);
  return found.items;
}

const find = (all: readonly Item[], kind: string, name: string): Item | undefined =>
  all.find((item) => item.kind === kind && item.name === name);

const packages = (given: object = {}): string[] =>
  items(given)
    .filter(({ kind }) => kind === 'package')
    .map(({ name }) => name);

test('the smallest server is an address; everything else has a default', () => {
  assert.deepEqual(server(), {
    name: 'web1',
    address: 'web1.example.com',
    port: 22,
    user: 'root',
    packages: [],
    openFiles: 524288,
    sysctl: {},
    journal: { size: '1G', free: '1G', retention: 30 * 86400 },
    nginx: { connections: 4096, logs: 14, balancers: [] },
    monit: { interval: 15, disk: '90%', memory: '90%', load: 4 },
  });
});

test('base comes first, and the journal has a manifest of its own', () => {
  const manifests = renderServer(server(), unseen.facts);
  assert.deepEqual(
    manifests.map(({ name, after }) => [name, after]),
    [
      ['base', []],
      ['journal', ['base']],
    ],
  );
});

test('logs are looked at each hour, by a drop-in of which the timer is told', () => {
  const dropin = '/etc/systemd/system/logrotate.timer.d/keelson.conf';
  const text = find(items(), 'file', dropin)?.content ?? '';
  // The first, empty one takes Debian's away.
  assert.match(text, /^\[Timer\]\nOnCalendar=\nOnCalendar=hourly\n/m);
  const timer = find(items(), 'unit', 'logrotate.timer');
  assert.deepEqual(timer?.state, { enabled: 'enabled', active: 'active', dropins: dropin });
  assert.equal(timer?.instructions?.['@change'], 'restart');
});

test('packages: sorted, once each, more of them only for what needs them', () => {
  const stock = packages();
  assert.deepEqual(stock, [...new Set(stock)].sort());
  for (const name of ['acl', 'attr', 'curl', 'nftables', 'logrotate', 'sudo'])
    assert.ok(stock.includes(name), name);
  assert.deepEqual(
    packages({ hostname: 'web1', timezone: 'Etc/UTC', packages: ['imagemagick', 'curl'] }).filter(
      (name) => !stock.includes(name),
    ),
    ['imagemagick', 'libnss-myhostname', 'tzdata'],
  );
});

test('host name and time zone are left alone unless given', () => {
  assert.equal(
    items().some(({ kind }) => kind === 'setting'),
    false,
  );
  const given = items({ hostname: 'web1.example.com', timezone: 'Europe/Berlin' });
  assert.deepEqual(find(given, 'setting', 'hostname')?.state, { value: 'web1.example.com' });
  assert.deepEqual(find(given, 'setting', 'timezone')?.state, { value: 'Europe/Berlin' });
});

test('kernel settings are live and on disk, the stack file’s in the places of the kit’s', () => {
  const given = { sysctl: { 'net.core.somaxconn': 9000, 'vm.swappiness': '10' } };
  const all = items(given);
  const text = find(all, 'file', '/etc/sysctl.d/60-keelson.conf')?.content ?? '';
  const live = all.filter(({ kind }) => kind === 'sysctl');
  assert.deepEqual(
    live.map(({ name, state }) => `${name} = ${state.value}`),
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
  );
  assert.equal(find(all, 'sysctl', 'net.core.somaxconn')?.state.value, '9000');
  assert.equal(find(all, 'sysctl', 'vm.swappiness')?.state.value, '10');
  assert.equal(find(items(), 'sysctl', 'net.core.somaxconn')?.state.value, '8192');
});

test('the kit’s own kernel settings are those that a container may set, each with its reason', () => {
  for (const { key, reason } of sysctls(server())) {
    assert.match(key, /^net\./);
    assert.ok(reason.length > 20, key);
  }
});

test('open files, journal and log rotation', () => {
  const limits = find(
    items({ openFiles: 65536 }),
    'file',
    '/etc/systemd/system.conf.d/60-keelson.conf',
  );
  assert.match(limits?.content ?? '', /^DefaultLimitNOFILE=1024:65536$/m);
  const journal = items({ journal: { size: '256M', retention: '7d' } }, 'journal');
  const text = find(journal, 'file', '/etc/systemd/journald.conf.d/60-keelson.conf')?.content;
  assert.equal(
    text?.replace(/^#.*\n/gm, ''),
    '[Journal]\nStorage=persistent\nSystemMaxUse=256M\nSystemKeepFree=1G\nMaxRetentionSec=604800s\n',
  );
  const unit = find(journal, 'unit', 'systemd-journald.service');
  assert.equal(unit?.instructions?.['@change'], 'restart');
  const rotation = find(items(), 'file', '/etc/logrotate.d/keelson');
  assert.equal(rotation?.instructions?.['@check'], 'logrotate');
  assert.match(rotation?.content ?? '', /^\/var\/log\/keelson\.log \{$/m);
});

test('sudoers of apps are included from a directory of the kit’s own', () => {
  const all = items();
  const include = find(all, 'file', '/etc/sudoers.d/keelson');
  assert.equal(include?.state.mode, '0440');
  assert.equal(include?.instructions?.['@check'], 'sudoers');
  assert.match(include?.content ?? '', /^@includedir \/etc\/keelson\/sudoers\.d$/m);
  assert.equal(find(all, 'directory', '/etc/keelson/sudoers.d')?.instructions?.['@whole'], 'yes');
});

test('the deploy user owns neither home nor keys, and the login user is never touched', () => {
  const all = items({ user: 'admin', deploy: { keys: [key, `${key} b@laptop`] } });
  assert.deepEqual(find(all, 'user', 'deploy')?.state, {
    group: 'deploy',
    groups: '',
    home: '/home/deploy',
    shell: '/bin/bash',
    password: 'locked',
    comment: 'Managed by Keelson',
  });
  const keys = find(all, 'file', '/home/deploy/.ssh/authorized_keys');
  assert.deepEqual(
    { ...keys?.state, sha256: undefined },
    { owner: 'root', group: 'deploy', mode: '0640', sha256: undefined },
  );
  assert.deepEqual(keys?.content?.split('\n').slice(1), [key, `${key} b@laptop`, '']);
  for (const path of ['/home/deploy', '/home/deploy/.ssh'])
    assert.equal(find(all, 'directory', path)?.state.owner, 'root');
  assert.equal(
    all.some((item) => item.name.includes('admin')),
    false,
  );
  assert.equal(
    items().some(({ kind }) => kind === 'user'),
    false,
  );
});

test('a template fails on a name without a value and on a value that breaks its line', () => {
  const view = { size: '1G', free: '1G', retention: 1 };
  assert.match(template('server/journald.conf', view), /SystemMaxUse=1G/);
  assert.throws(() => template('server/journald.conf', { size: '1G', free: '1G' }), {
    message: 'files/server/journald.conf.mustache: {{retention}} has no value',
  });
  assert.throws(
    () => template('server/journald.conf', { ...view, size: '1G\nStorage=none' }),
    /journald\.conf\.mustache: "1G\\nStorage=none" holds a control character/,
  );
});
