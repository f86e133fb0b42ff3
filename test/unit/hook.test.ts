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
    claims: true,
    socket: true,
    backoff: true,
    logFiles: true,
    logs: '/var/log/shop',
  },
  ...{ writable: ['/srv/shop/uploads', '-/mnt/x'], families: 'AF_UNIX', mounts: ['/mnt/x'] },
};

for (const [title, given] of Object.entries({
  'a sandbox without more': {
    ...{ ownNode: false, privateControlGroups: false, localOnly: false, jitless: false },
  },
  'all that a sandbox can have': {
    ...{ ownNode: true, privateControlGroups: true, localOnly: true, jitless: true },
  },
}))
  test(`a hook runs as an instance does: ${title}`, () => {
    const [service, hook] = ['app/service', 'app/hook'].map((name) =>
      template(name, { ...view, ...given }),
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
