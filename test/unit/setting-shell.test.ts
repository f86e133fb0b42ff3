/** Lines of /etc/login.defs, as the shell that runs on a host sees and writes them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const lines = (...keys: string[]) => keys.map((key) => `setting\tlogin.${key}\tvalue=x`).join('\n');
const seen = (file: string | undefined, ...keys: string[]) =>
  hostShell(
    `LOGIN_DEFS=$STATE/login.defs
observe_setting <<'LINES'
${lines(...keys)}
LINES`,
    { memory: file === undefined ? {} : { 'login.defs': file } },
  )
    .trimEnd()
    .split('\n')
    .map((line) => line.replace('setting\tlogin.', '').replace('\tvalue=', '='));

test('each key is told with the value that it has, and with all where it has several', () => {
  const file = '# UMASK 077\nUMASK 022\nENCRYPT_METHOD\tSHA512\nUMASK 022\nUMASK 027\n';
  assert.deepEqual(seen(file, 'UMASK', 'ENCRYPT_METHOD', 'HOME_MODE'), [
    'UMASK=022,027',
    'ENCRYPT_METHOD=SHA512',
    'HOME_MODE=nothing',
  ]);
});

test('where there is no such file nothing is told of its keys', () => {
  assert.deepEqual(seen(undefined, 'UMASK', 'HOME_MODE'), ['UMASK=', 'HOME_MODE=']);
});

test('a key is written in each line that says it', () => {
  const written = hostShell(
    `LOGIN_DEFS=$STATE/login.defs
install_durably() { cat "$1"; }
set_setting login.UMASK 077`,
    { memory: { 'login.defs': 'A 1\nUMASK 022\nB 2\nUMASK 027\n' } },
  );
  assert.equal(written, 'A 1\nUMASK 077\nB 2\nUMASK 077\n');
});
