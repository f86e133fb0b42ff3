import assert from 'node:assert/strict';
import { test } from 'node:test';
import { user } from '../../../components/app/user.ts';
import { find, items, publicKey, web1 } from '../shop.ts';

const all = items(user.render?.({ name: 'shop' }, {} as never));

test('the user has no shell, no home, no password, and a group of its own', () => {
  assert.deepEqual(find(all, 'user', 'shop').state, {
    group: 'shop',
    groups: '',
    home: '/nonexistent',
    shell: '/usr/sbin/nologin',
    password: 'locked',
    comment: 'Managed by Keelson',
  });
  assert.deepEqual(find(all, 'group', 'shop').state, { members: '' });
});

test('its home is to be passed through, its settings are its group’s to read', () => {
  const { state, instructions } = find(all, 'directory', '/srv/shop');
  assert.deepEqual(state, { owner: 'root', group: 'root', mode: '0755' });
  assert.deepEqual(instructions, {});
  assert.deepEqual(find(all, 'directory', '/etc/keelson/shop').state, {
    owner: 'root',
    group: 'shop',
    mode: '0750',
  });
});

test('an app cannot have the name of a person', () => {
  const server = web1({ user: 'ops', deploy: { keys: [publicKey] } });
  const apps = ['deploy', 'ops', 'shop'].map((name) => ({ name }));
  assert.deepEqual(user.conflicts?.(apps, { server, secrets: {} }), [
    'apps.deploy: "deploy" is the deploy user of web1, and an app has a user of its own name; rename the app',
    'apps.ops: "ops" is the user who logs in of web1, and an app has a user of its own name; rename the app',
  ]);
  assert.deepEqual(user.conflicts?.(apps, { secrets: {} }), []);
});
