import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploy } from '../../../components/server/deploy.ts';
import { find, items, publicKey as key, trixie, web1 } from '../shop.ts';

const render = (given: object) => items(deploy.render?.(web1(given), { facts: trixie }));

test('the deploy user owns neither home nor keys, and the login user is never touched', () => {
  const all = render({ user: 'admin', deploy: { keys: [key, `${key} b@laptop`] } });
  assert.deepEqual(find(all, 'user', 'deploy').state, {
    group: 'deploy',
    groups: '',
    home: '/home/deploy',
    shell: '/bin/bash',
    password: 'locked',
    comment: 'Managed by Keelson',
  });
  const keys = find(all, 'file', '/home/deploy/.ssh/authorized_keys');
  const { sha256: _, ...state } = keys.state;
  assert.deepEqual(state, { owner: 'root', group: 'deploy', mode: '0640' });
  assert.deepEqual(keys.content?.split('\n').slice(1), [key, `${key} b@laptop`, '']);
  for (const path of ['/home/deploy', '/home/deploy/.ssh'])
    assert.deepEqual(find(all, 'directory', path).state, {
      owner: 'root',
      group: 'deploy',
      mode: '0750',
    });
  assert.ok(!all.some((item) => item.name.includes('admin')));
});

test('a server without a deploy user has none', () => {
  assert.deepEqual(render({}), []);
});
