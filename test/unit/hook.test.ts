import assert from 'node:assert/strict';
import { test } from 'node:test';
import { template } from '../../components/lib/template.ts';
import { run } from './rollout-shell.ts';

const view = {
  ...{ name: 'shop', home: '/srv/shop', command: '/usr/bin/node server.js', hash: 'ab' },
  ...{ environment: '/etc/keelson/shop/environment', node: '/opt/keelson/node/v24/bin' },
  ...{ reload: 'SIGHUP', stopTimeout: 15, memory: '1G', tasks: 256, openFiles: 65536 },
  ...{
    listens: true,
    address: '127.0.0.1',
    openTo: ['play.example.com'],
    claims: true,
    credentials: [],
    hasScratch: false,
    socket: true,
    logFiles: true,
    logs: '/var/log/shop',
    logFile: '%i',
    unit: 'shop',
  },
  ...{ writable: ['/srv/shop/uploads', '-/mnt/x'], families: 'AF_UNIX', mounts: ['/mnt/x'] },
  ...{ own: ['/dev/shm', '/run/lock'], shared: ['/dev/shm/x'], logRate: [] },
};

for (const [title, given] of Object.entries({
  'a sandbox without more': {
    ...{ ownNode: false, privateControlGroups: false, localOnly: false, jitless: false },
    ...{ calls: [], hidden: ['-/run/dbus'], rings: ['io_uring_setup'] },
  },
  'all that a sandbox can have': {
    ...{ ownNode: true, privateControlGroups: true, localOnly: true, jitless: true },
    ...{ calls: ['@chown'], hidden: [], rings: [] },
  },
}))
  test(`a hook runs as an instance does: ${title}`, () => {
    const [service, hook] = ['app/service', 'app/hook'].map((name) =>
      template(name, { ...view, ...given, explained: name === 'app/service' }),
    );
    const derived = run(
      'cat >"$root/etc/unit"; hook_of_unit_file | grep -v KEELSON_UNIT',
      service,
    ).split('\n');
    const written = (hook ?? '').split('\n').filter((line) => line !== '' && !/^[#]/.test(line));
    assert.deepEqual(
      written.filter((line) => !line.startsWith('Description=')),
      derived.filter((line) => line !== '' && !line.startsWith('Description=')),
    );
    assert.doesNotMatch(hook ?? '', /%/);
  });

test('no unit of an app, of its rollout or of a change to confirm is called as a hook of another is', () => {
  const apps = ['shop', 'shop-before', 'rollout-shop', 'confirm-site-shop', 'keelson-shop-health'];
  const both = new Set([...apps, ...apps.map((name) => `${name}-before`)]);
  const all = [...both].flatMap((app) => [
    ...run(
      `app=${app}; for name in before after health@3700; do app_unit "$name"; echo; done`,
    ).split('\n'),
    ...[`${app}@3700.service`, `${app}@.service`, `keelson-rollout-${app}.service`],
    ...['app', 'rollout', 'site'].map((part) => `keelson-confirm-${part}-${app}.service`),
  ]);
  const names = all.filter(Boolean);
  assert.equal(new Set(names).size, names.length, names.sort().join('\n'));
});

test('a hook is an instance of no template', () => {
  assert.equal(
    run(`app=shop; app_unit before; echo; app_unit health@3700`),
    'keelson_before@shop.service\nkeelson_health@shop.3700.service',
  );
});
