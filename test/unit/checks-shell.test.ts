/** Which checks are asked for what is about to be swapped, in the shell that runs on a host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const items = [
  'file /etc/nginx/nginx.conf mode=0644 @check=nginx',
  'file /etc/nginx/plain mode=0644',
  'absent /etc/nginx/sites-enabled/default',
  'unit nginx.service active=active @config=/etc/nginx·/etc/other',
  'file /etc/profile.d/own.sh mode=0644',
  'file /etc/sudoers.d/own mode=0440 @check=sudoers',
].map((line) => line.replaceAll(' ', '\t').replaceAll('·', ' '));

const asked = (...paths: string[]): string[] =>
  hostShell(
    `cat >"$work/items"; : >"$work/obsolete"
printf 'file\\t-\\t%s\\n' ${paths.join(' ')} >"$work/swap"
list_checks && cat "$work/checks"`,
    { input: `${items.join('\n')}\n` },
  )
    .split('\n')
    .filter(Boolean);

test('a file is held against its own check', () => {
  assert.deepEqual(asked('/etc/nginx/nginx.conf'), ['nginx\t/etc/nginx/nginx.conf']);
  assert.deepEqual(asked('/etc/sudoers.d/own'), ['sudoers\t/etc/sudoers.d/own']);
});

test('what a service reads with others is held against theirs, for it is told', () => {
  assert.deepEqual(asked('/etc/nginx/sites-enabled/default'), ['nginx\t-']);
  assert.deepEqual(asked('/etc/nginx/plain'), ['nginx\t-']);
  assert.deepEqual(asked('/etc/profile.d/own.sh'), []);
});
