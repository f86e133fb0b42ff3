/** The rules of the packet filter, from its files and the users of this machine. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  // With one of these nft would refuse all rules.
  for (const wrong of [
    ...[
      '999.1.1.1',
      '1.2.3',
      '1.2.3.4.5',
      '08.1.1.1',
      '1..2.3',
      '1:2:3',
      ':1::2',
      '1::2:',
      '1:::2',
      ':',
    ],
    ...['1::2::3', '12345::1', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '::ffff:1.2.3.4', '}', ''],
  ]) {
    const rest = readFileSync(resolv, 'utf8');
    appendFileSync(resolv, `nameserver ${wrong}\n`);
    assert.deepEqual(added(), named, wrong);
    writeFileSync(resolv, rest);
  }
  const written = readFileSync(resolv, 'utf8');
  const right = [
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8',
    'fe80::A:b',
  ];
  writeFileSync(resolv, right.map((it) => `nameserver ${it}\n`).join(''));
  assert.deepEqual(
    added(),
    right.map((it) => `add element inet keelson resolvers6 { ${it} }`),
  );
  writeFileSync(resolv, written);
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

test('the firewall comes before the ports that apps open, those of a version without a firewall too', () => {
  const own = join(folder, 'with-firewall');
  const streams = join(own, 'streams');
  mkdirSync(streams, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(own, name), `${text}\n`);
  const loaded = () => hostShell(`FILTER=${own} STREAMS=${streams}; filter_rules`);
  write('table.nft', 'table');
  write('app-room.nft', 'insert rule inet keelson input tcp dport 3900 accept');
  write(
    'streams/chat.conf',
    'server {\n\tlisten 7000 backlog=4096;\n\tlisten [::]:7000 backlog=4096;\n}',
  );
  const opened = (port: number) => `insert rule inet keelson input tcp dport ${port} accept\n`;
  assert.equal(loaded(), `table\n${opened(3900)}`);
  write('firewall.nft', 'firewall');
  assert.equal(loaded(), `table\nfirewall\n${opened(3900)}${opened(7000)}`);
  write('app-chat.public.nft', 'insert rule inet keelson input tcp dport 7001 accept');
  assert.equal(loaded(), `table\nfirewall\n${opened(7001)}${opened(3900)}`);
});

test('who came when is no part of what is loaded', () => {
  const set = (name: string, flags: string, elements: string) =>
    `\tset ${name} {\n\t\ttype ipv4_addr\n${flags}${elements}\t}\n`;
  const dynamic = '\t\tflags dynamic,timeout\n';
  const came =
    '\t\telements = { 192.0.2.1 limit rate over 60/minute burst 180 packets,\n\t\t\t     192.0.2.2 limit rate over 60/minute burst 180 packets }\n';
  const ports = set('ports', '', '\t\telements = { 3700,\n\t\t\t     3701 }\n');
  const live = (elements: string) =>
    `table inet keelson {\n${set('ssh4', dynamic, elements)}${ports}}\n`;
  writeFileSync(join(folder, 'live'), live(came));
  assert.equal(hostShell(`nft() { cat ${folder}/live; }; live_filter`), live(''));
});

test('it is loaded again where a user is made whom its files name by now, and for no other', () => {
  const made = (name: string) =>
    hostShell(
      `FILTER=$STATE/filter.d
getent() { return 1; }
end_second_root() { :; }
lost_number() { :; }
touched() { echo "touched $1"; }
limited() { shift && echo "$1"; }
apply_user "user\t${name}\tgroup=${name}\tgroups=\thome=/srv/${name}\tshell=/bin/false"`,
      { memory: { 'filter.d/app-shop.nft': 'add element inet keelson confined { "shop" }\n' } },
    );
  assert.equal(made('shop'), 'touched keelson-filter.service\nuseradd\n');
  assert.equal(made('sho'), 'useradd\n');
});
