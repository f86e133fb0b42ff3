import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verify } from '../../../components/server/verify.ts';
import { find, items, textOf, trixie, web1 } from '../shop.ts';

const render = (given: object = {}) => items(verify.render?.(web1(given), { facts: trixie }));
const unit = (type: string) => textOf(render(), `/etc/systemd/system/keelson-verify.${type}`);

test('each week the files of packages are compared, by a service that fails where one differs', () => {
  find(render(), 'package', 'debsums');
  assert.deepEqual(find(render(), 'unit', 'keelson-verify.timer').state, {
    enabled: 'enabled',
    active: 'active',
  });
  assert.match(unit('timer'), /^OnCalendar=weekly$/m);
  // Without `-`, its exit code is the service's.
  assert.match(unit('service'), /^ExecStart=\/usr\/bin\/debsums --changed$/m);
});

test('switched off, by itself or with all of it, there is nothing of it', () => {
  assert.deepEqual(render({ hardening: { verify: false } }), []);
  assert.deepEqual(render({ hardening: false }), []);
});
