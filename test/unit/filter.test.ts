/** The rules of the packet filter, from its files and the users of this machine. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  const line = (user: string) => `add element inet keelson asks { 3700 . "${user}" }\n`;
  writeFileSync(join(folder, 'app-shop.nft'), line('root') + line('no-such-user') + line('daemon'));
  assert.equal(
    rules(),
    `${table}add element inet keelson asks { 3700 . 0 }\nadd element inet keelson asks { 3700 . 1 }\n`,
  );
});

/** What is seen when nft lists `live`, and `then` happened since it listed `noted`. */
const state = (live: string, noted: string, then = ''): string =>
  hostShell(`FILTER=${folder} FILTER_LOADED=${folder}/loaded
    nft() { echo '${noted}'; }; { filter_users && echo && live_filter; } >"$FILTER_LOADED"
    ${then}
    nft() { [ -n '${live}' ] && echo '${live}'; }; filter_state`).trim();

test('they are loaded when the kernel has what they came to', () => {
  assert.equal(state('table', 'table'), 'loaded');
  assert.equal(state('other', 'table'), 'others');
  assert.equal(state('', 'table'), 'missing');
  assert.equal(state('table', 'table', 'rm "$FILTER_LOADED"'), 'others');
});

test('and others when a user that they name has another number, but for one who is gone', () => {
  assert.equal(state('table', 'table', 'sed -i s/^daemon:1/daemon:7/ "$FILTER_LOADED"'), 'others');
  assert.equal(state('table', 'table', 'sed -i s/^daemon:/gone:/ "$FILTER_LOADED"'), 'loaded');
  assert.equal(state('table', 'table', 'echo "# more" >>"$FILTER/app-shop.nft"'), 'loaded');
});

test('name servers are loaded for apps that say whom they ask, and others than those are other rules', () => {
  const resolv = join(folder, 'resolv.conf');
  writeFileSync(
    resolv,
    'search example.com\nnameserver 10.0.0.53\nnameserver fe80::1%eth0\n# nameserver 1.1.1.1\nnameserver x;y\n',
  );
  const named = [
    'add element inet keelson resolvers { 10.0.0.53 }',
    'add element inet keelson resolvers6 { fe80::1 }',
  ];
  const added = () =>
    hostShell(`FILTER=${folder} RESOLVERS=${resolv}; filter_rules`)
      .split('\n')
      .filter((line) => line.startsWith('add element inet keelson resolvers'));
  assert.deepEqual(added(), []);
  writeFileSync(
    join(folder, 'app-mailer.nft'),
    'add element inet keelson limits { "daemon" : jump to-mailer }\n',
  );
  assert.deepEqual(added(), named);
  const seen = (then: string) =>
    hostShell(`FILTER=${folder} FILTER_LOADED=${folder}/now RESOLVERS=${resolv}
      nft() { [ "$1" = -f ] && cat >/dev/null || echo table; }; load_filter
      ${then}
      filter_state`).trim();
  assert.equal(seen(''), 'loaded');
  assert.equal(seen('echo nameserver 10.0.0.54 >>"$RESOLVERS"'), 'others');
  rmSync(join(folder, 'app-mailer.nft'));
});

test('no pipe in the place of a file is waited for', () => {
  const before = rules();
  hostShell(`mkfifo ${folder}/app-pipe.nft ${folder}/pipe`);
  assert.equal(rules(), before);
  const script = `FILTER=${folder} FILTER_LOADED=${folder}/pipe; nft() { echo table; }; filter_state`;
  assert.equal(hostShell(script), 'others\n');
});
