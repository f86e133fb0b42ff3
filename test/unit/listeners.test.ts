/** Who listens where a firewall lets nobody in: sockets of this machine asked as on a host, and what is said of them. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { file } from '../../components/host/kinds.ts';
import { parseListener, shutBy, toldOf } from '../../components/host/listeners.ts';
import { hostShell } from './host-shell.ts';

const part = readFileSync(new URL('../../files/host/listeners.sh', import.meta.url), 'utf8');
const comm = readFileSync('/proc/self/comm', 'utf8').trim();

async function listen(t: TestContext, address: string): Promise<number> {
  const server = createServer().listen(0, address);
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

async function bind(t: TestContext, address: string): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  t.after(() => socket.close());
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

type Given = {
  settled?: string;
  memory?: Record<string, string>;
  range?: string;
  items?: string[];
};

/** What is said of these ports, when the kernel chooses ports for who asks in this range. */
function said(
  ports: readonly number[],
  { settled = 'tcp:22', memory = {}, range = '1 2', items = [] }: Given = {},
) {
  const firewall = `file\t/etc/keelson/filter.d/firewall.nft\tmode=0644\t@settled=${settled}`;
  const shell = `${part.replace('/proc/sys/net/ipv4/ip_local_port_range', '"$work/range"')}
    echo '${range}' >"$work/range"; FILTER=/etc/keelson/filter.d; shut_sockets "$(cat)"`;
  return hostShell(shell, { input: [firewall, ...items].join('\n'), memory })
    .split('\n')
    .filter((line) => ports.includes(Number(line.split('\t')[3])));
}

test('who listens beyond the loopback is told by port, protocol and program, and nobody else', async (t) => {
  const all = await listen(t, '0.0.0.0');
  const six = await listen(t, '::');
  const udp = (await bind(t, '0.0.0.0')).address().port;
  const inner = [
    await listen(t, '127.0.0.1'),
    await listen(t, '127.8.8.8'),
    await listen(t, '::1'),
  ];
  inner.push((await bind(t, '127.0.0.1')).address().port);
  assert.deepEqual(
    said([all, six, udp, ...inner]).sort(),
    [
      `socket\topen\ttcp\t${all}\tall\t${comm}`,
      `socket\topen\ttcp\t${six}\tall\t${comm}`,
      `socket\topen\tudp\t${udp}\tall\t${comm}`,
    ].sort(),
  );
});

test('what is let in or may be shut is not told, nor ports of the kit’s own apps and of nginx', async (t) => {
  const ports: number[] = [];
  for (let count = 0; count < 4; count++) ports.push(await listen(t, '0.0.0.0'));
  const [one = 0, two = 0, three = 0, four = 0] = ports;
  const items = [
    `rollout\tshop\tcurrent=c3\ttarget=active\t${one}=current\t@type=web`,
    `file\t/etc/nginx/keelson-stream.d/chat.conf\tmode=0644\t@port=${two}`,
  ];
  const settled = `tcp:22 tcp:${four}-${four}`;
  const told = (given: Given) => said(ports, given).map((line) => Number(line.split('\t')[3]));
  assert.deepEqual(told({}).toSorted(), ports.toSorted());
  assert.deepEqual(told({ items, settled }), [three]);
  const applied = `keelson 1 x\nrun r1\n\n${items.join('\n')}\nend\n`;
  assert.deepEqual(told({ settled, memory: { 'manifests/x': applied } }), [three]);
});

test('a socket of UDP that is connected hears its peer alone, and one at a port of the kernel’s choice asks', async (t) => {
  const asks = await bind(t, '0.0.0.0');
  const { port } = asks.address();
  assert.equal(said([port]).length, 1);
  assert.deepEqual(said([port], { range: `${port} ${port}` }), []);
  asks.connect(9, '127.0.0.1');
  await once(asks, 'connect');
  assert.deepEqual(said([port]), []);
});

test('once the firewall was applied, ports are shut and no longer open', async (t) => {
  const port = await listen(t, '0.0.0.0');
  const applied =
    'keelson 1 access\nrun r1\n\nfile\t/etc/keelson/filter.d/firewall.nft\tmode=0644\nend\n';
  const [line] = said([port], { memory: { 'manifests/access': applied } });
  assert.equal(line, `socket\tshut\ttcp\t${port}\tall\t${comm}`);
});

test('without a firewall nobody is asked for', async (t) => {
  const port = await listen(t, '0.0.0.0');
  const printed = hostShell(`${part}\nshut_sockets "$(cat)"`, { input: 'unit\tx\n' });
  assert.ok(!printed.includes(String(port)));
});

const heard = (...sockets: string[]) =>
  sockets.map((words) => parseListener(`socket\t${words.split(' ').join('\t')}`));

const firewall = {
  ...{ name: 'access', after: [] },
  items: [file('/etc/keelson/filter.d/firewall.nft', '', { settled: ['tcp:22'] })],
};

test('what would be shut is refused, each port and program once', () => {
  const all = heard(
    'open tcp 5432 some postgres',
    'open tcp 5432 all postgres',
    'open udp 53 some named',
    'open udp 123 all ntpd',
    'open tcp 8080 all docker-proxy',
  );
  assert.deepEqual(shutBy(all), [
    '! port 53/udp (named) is open to others and would be closed; firewall: { open: [{ port: 53, protocol: udp }] } in keelson:server keeps it, firewall: { close: [53] } shuts it',
    '! port 5432 (postgres) is open to all and would be closed; firewall: { open: [{ port: 5432 }] } in keelson:server keeps it, firewall: { close: [5432] } shuts it',
  ]);
});

test('later a preview tells of it beside the firewall, and of what Docker publishes past it', () => {
  const all = heard('shut tcp 5432 all postgres', 'shut tcp 8080 all docker-proxy');
  assert.deepEqual(shutBy(all), []);
  assert.deepEqual(toldOf(all, firewall), [
    '! port 5432 (postgres) listens, and the firewall lets nobody in; firewall: { open: [{ port: 5432 }] } in keelson:server does, firewall: { close: [5432] } ends this line',
    '! port 8080 (docker-proxy) is open past the firewall, which forwarded connections do not meet; publish it at 127.0.0.1 to shut it',
  ]);
  assert.deepEqual(toldOf(all, { ...firewall, items: [] }), []);
});

test('an app that listens at thousands of ports is told of by some; root, systemd and the kernel by all', () => {
  const ports = Array.from({ length: 60 }, (_, index) => 10_000 + index);
  const of = (user: number, process: string, use = 'listens') =>
    ports.map((port) => ({
      holder: process === '-' ? [] : [`socket:[${process}${port}]\t/proc/${process}/fd`],
      line: `${process}${port}\tudp\t${port}\tall\t${use}\t${user}`,
    }));
  const told = (sockets: ReturnType<typeof of>) => {
    const lines = sockets.map(({ line }) => line);
    const input = [
      ...sockets.flatMap(({ holder }) => holder),
      'still',
      ...lines,
      'listening',
      ...lines,
    ];
    return hostShell(`${part}\ntold_sockets`, { input: `${input.join('\n')}\n` })
      .split('\n')
      .slice(0, -1);
  };
  const byRoot = told([...of(0, '1'), ...of(0, '-', 'asks')]);
  assert.equal(byRoot.length, 120);
  assert.deepEqual([byRoot[0], byRoot.at(-1)], ['udp\t10000\tall\t1', 'udp\t10059\tall\t-']);
  const byApps = told([...of(999, '77'), ...of(998, '78', 'asks'), ...of(997, '79')]);
  assert.deepEqual(
    ['77', '78', '79'].map((process) => byApps.filter((it) => it.endsWith(`\t${process}`)).length),
    [50, 0, 50],
  );
});
