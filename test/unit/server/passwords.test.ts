import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwords } from '../../../components/server/passwords.ts';
import { find, items, trixie, web1 } from '../shop.ts';

const render = (given: object = {}) => items(passwords.render?.(web1(given), { facts: trixie }));

test('a password must be a strong one, and is hashed slowly', () => {
  find(render(), 'package', 'libpam-passwdqc');
  assert.deepEqual(find(render(), 'setting', 'login.YESCRYPT_COST_FACTOR').state, { value: '6' });
  for (const key of ['MIN', 'MAX'])
    assert.equal(find(render(), 'setting', `login.SHA_CRYPT_${key}_ROUNDS`).state.value, '210000');
});

test('switched off, by itself or with all of it, there is nothing of it', () => {
  assert.deepEqual(render({ hardening: { passwords: false } }), []);
  assert.deepEqual(render({ hardening: false }), []);
  assert.equal(render({ hardening: { verify: false } }).length, render().length);
});
