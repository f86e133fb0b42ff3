/** Who holds a port that is needed: sockets and processes of this machine, asked as on a host. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { hostShell } from './host-shell.ts';

async function listen(t: TestContext, address: string): Promise<number> {
  const server = createServer().listen(0, address);
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

const tabs = (...parts: string[]): string => parts.join('\t');
const nginx = (port: number) => tabs('unit', 'nginx.service', 'active=active', `@port=${port}`);
const shop = (port: number, type = 'web') =>
  tabs('rollout', 'shop', 'current=c3', 'target=active', `${port}=current`, `@type=${type}`);

/** What is seen of these items, when the process that listens belongs to this unit. */
const held = (unit: string, ...items: string[]): string[] =>
  hostShell(`unit_of_process() { echo ${unit}; }; held_ports "$(cat)"`, {
    input: `${items.join('\n')}\n`,
  })
    .split('\n')
    .filter(Boolean);

test('who holds a port that is needed is named, with what to do about it', async (t) => {
  const port = await listen(t, '127.0.0.1');
  const at = `cannot have port ${port}, which`;
  const [line] = held('old.service', shop(port));
  assert.match(
    line ?? '',
    new RegExp(
      `^rollout\tshop\tforeign=${at} \\S+ \\(process ${process.pid} of old\\.service\\) holds; give shop another port, or stop and disable that first: systemctl disable --now old\\.service$`,
    ),
  );
  assert.match(
    held('session-3.scope', nginx(port)).join(),
    new RegExp(
      `^unit\tnginx\\.service\tforeign=${at} .* holds; end that first: kill ${process.pid}$`,
    ),
  );
});

test('a public port of nginx’s is held by nobody else, by no instance either', async (t) => {
  const port = await listen(t, '127.0.0.2');
  const file = tabs('file', '/etc/nginx/keelson-stream.d/chat.conf', 'mode=0644', `@port=${port}`);
  assert.match(
    held('old.service', file).join(),
    new RegExp(
      `^file\t/etc/nginx/keelson-stream\\.d/chat\\.conf\tforeign=cannot have port ${port}, .* holds; choose another public port, or stop and disable that first: systemctl disable --now old\\.service$`,
    ),
  );
  const instance = (unit: string, item: string) =>
    hostShell(
      `unit_of_process() { echo ${unit}; }; is_instance() { [ "$1" = shop@3700.service ]; }; held_ports "$(cat)"`,
      { input: `${item}\n` },
    );
  assert.match(
    instance('shop@3700.service', file),
    /holds; let shop give it up in a run of its own first$/m,
  );
  assert.match(
    held(
      'nginx.service',
      tabs('rollout', 'room', `${port}=current`, '@type=tcp', '@listen=public'),
    ).join(),
    /holds; give room another port, or let nginx give it up in a run of its own first$/,
  );
  // An instance that nginx alone asks needs its port on the loopback.
  const behind = tabs('rollout', 'chat', `${port}=current`, '@type=tcp', '@listen=port');
  assert.deepEqual(held('old.service', behind), []);
});

test('its own unit may hold it, and so may whatever is not asked for', async (t) => {
  const port = await listen(t, '127.0.0.1');
  const other = await listen(t, '127.0.0.1');
  const cases: [string, string][] = [
    ['nginx.service', nginx(port)],
    [`shop@${port}.service`, shop(port)],
    ['shop@1.service', shop(port)],
    ['old.service', shop(port, 'worker')],
    ['old.service', shop(port + 1 === other ? port + 2 : port + 1)],
    ['old.service', tabs('unit', 'nginx.service', 'active=active')],
    ['nginx.service', tabs('file', '/etc/x', `@port=${port}`)],
  ];
  for (const [unit, item] of cases) assert.deepEqual(held(unit, item), [], `${unit} ${item}`);
  assert.equal(held('old.service', nginx(port), shop(other)).length, 2);
  assert.equal(held('old.service', shop(port), nginx(other), shop(port)).length, 2);
});

test('nginx needs its port on every address, an instance on the one where it listens', async (t) => {
  const elsewhere = await listen(t, '127.0.0.2');
  assert.deepEqual(held('old.service', shop(elsewhere)), []);
  assert.equal(held('old.service', nginx(elsewhere)).length, 1);
  for (const address of ['0.0.0.0', '::ffff:127.0.0.1', '::']) {
    const port = await listen(t, address);
    assert.equal(held('old.service', shop(port)).length, 1, address);
  }
});

test('a name that looks like what a tool prints fools nobody', async (t) => {
  const port = await listen(t, '127.0.0.1');
  const comm = `/proc/self/task/${process.pid}/comm`;
  const name = readFileSync(comm, 'utf8');
  t.after(() => writeFileSync(comm, name));
  writeFileSync(comm, 'x",pid=1,fd=3)');
  assert.match(
    held('old.service', shop(port)).join(),
    new RegExp(
      ` which x\\?\\?pid\\?1\\?fd\\?3\\? \\(process ${process.pid} of old\\.service\\) holds`,
    ),
  );
});

test('who listens at a port of the loopback is told by process and unit', async (t) => {
  const port = await listen(t, '127.0.0.1');
  const told = (of: number) =>
    hostShell(`unit_of_process() { echo old.service; }; port_holders ${of}`);
  assert.equal(told(port), `${process.pid}\told.service\n`);
  assert.equal(told(await listen(t, '127.0.0.2')), '');
});

test('where a process listens is told as the kernel has it', async (t) => {
  const ports: number[] = [];
  for (const address of ['127.0.0.1', '127.0.0.2', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1'])
    ports.push(await listen(t, address));
  const names = ['127.0.0.1', '127.0.0.2', '*', '[::1]', '*', '127.0.0.1'];
  const told = hostShell(`addresses_of ${process.pid}`).trim().split('\n');
  // Tests beside these may listen in the same process.
  const own = told.filter((line) => ports.some((port) => line.endsWith(`:${port}`)));
  assert.deepEqual(own.sort(), ports.map((port, index) => `${names[index]}:${port}`).sort());
});

test('whoever listens thousands of times at one address is asked about once, root each time', () => {
  const line = (port: string, user: number, inode: number) =>
    `   0: 0100007F:${port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 ${user} 0 ${inode} 1 x`;
  const table = [
    '  sl  local_address rem_address',
    ...[line('0E74', 999, 1), line('0E74', 999, 2), line('0E75', 999, 3), line('0E74', 998, 4)],
    ...[line('0E74', 0, 5), line('0E74', 0, 6)],
  ].join('\n');
  const part = readFileSync(new URL('../../files/host/ports.sh', import.meta.url), 'utf8');
  const shell = `${part.replaceAll('/proc/net/tcp6', '/nonexistent').replaceAll('/proc/net/tcp', '"$work/tcp"')}
    cat >"$work/tcp"; needs="3700$TAB-$TAB-$TAB"local$NEWLINE; listening_sockets`;
  assert.deepEqual(
    hostShell(shell, { input: table })
      .split('\n')
      .flatMap((it) => it.split('\t').slice(0, 1))
      .filter(Boolean),
    ['1', '4', '5', '6'],
  );
});

test('a unit that holds a port by many processes is ended once', () => {
  const squatters = '7\tevil@4400.service\n8\tevil@4400.service\n9\tmean@1.service\n';
  const shell = `cat >"$work/squatters"; port_holders() { [ -e "$work/ended" ] || cat "$work/squatters"; }
    is_squatter() { :; }; program_of() { echo node; }
    systemctl() { : >"$work/ended"; echo "$*" >>"$work/asked"; }
    run=-; claim_port shop 3700; cat "$work/asked"; cut -d ' ' -f 4- "$LOG"`;
  assert.deepEqual(hostShell(shell, { input: squatters }).split('\n').filter(Boolean), [
    ...['kill --signal=KILL evil@4400.service', 'kill --signal=KILL mean@1.service'],
    'warn   port 3700 of shop: node (process 7 of evil@4400.service) held it, and was ended',
    'warn   port 3700 of shop: node (process 9 of mean@1.service) held it, and was ended',
  ]);
});
