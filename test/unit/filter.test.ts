/** The rules of the packet filter, from its files and the users of this machine. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';
import { scratchDirectory } from './scratch.ts';

const folder = scratchDirectory('filter');
const table = readFileSync(
  new URL('../../files/server/filter.nft.mustache', import.meta.url),
  'utf8',
);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'table.nft'), table);

const rules = () => hostShell(`FILTER=${folder}; filter_rules`);

test('the table is loaded to the letter', () => {
  assert.equal(rules(), table);
});

test('users are loaded by their numbers, and the lines of those who are not there are left out', () => {
  const line = (user: string) => `add element inet keelson asks { 4190 . "${user}" }\n`;
  writeFileSync(join(folder, 'app-shop.nft'), line('root') + line('no-such-user') + line('daemon'));
  assert.equal(
    rules(),
    `${table}add element inet keelson asks { 4190 . 0 }\nadd element inet keelson asks { 4190 . 1 }\n`,
  );
});

/** What is seen when nft lists this, and this was noted when it was loaded. */
const state = (live: string, noted: string) =>
  hostShell(`FILTER=${folder} FILTER_LOADED=${folder}/loaded
    nft() { [ -n '${live}' ] && echo '${live}'; }
    { filter_rules && echo '${noted}'; } >"$FILTER_LOADED"
    filter_state`).trim();

test('they are loaded when the kernel has what they came to', () => {
  assert.equal(state('table', 'table'), 'loaded');
  assert.equal(state('other', 'table'), 'others');
  assert.equal(state('', 'table'), 'missing');
});

test('no pipe in the place of a file is waited for', () => {
  const before = rules();
  hostShell(`mkfifo ${folder}/app-pipe.nft ${folder}/pipe`);
  assert.equal(rules(), before);
  const state = `FILTER=${folder} FILTER_LOADED=${folder}/pipe; nft() { echo table; }; filter_state`;
  assert.equal(hostShell(state), 'others\n');
  hostShell(`rm ${folder}/app-pipe.nft`);
});

test('and others when the files, or the numbers of users, are not those of then', () => {
  const noted = 'nft() { echo table; }; { filter_rules && live_filter; } >"$FILTER_LOADED"';
  const script = `FILTER=${folder} FILTER_LOADED=${folder}/loaded; ${noted}
    filter_state; echo '# more' >>"$FILTER/app-shop.nft"; filter_state`;
  assert.equal(hostShell(script), 'loaded\nothers\n');
});
