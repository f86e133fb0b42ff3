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
  rules?: string;
};

/** What is said of these ports, when the kernel chooses ports for who asks in this range. */
function said(
  ports: readonly number[],
  { settled = 'tcp:22', memory = {}, range = '1 2', items = [], rules = '' }: Given = {},
) {
  const firewall = `file\t/etc/keelson/filter.d/firewall.nft\tmode=0644\t@settled=${settled}`;
  const shell = `${part.replace('/proc/sys/net/ipv4/ip_local_port_range', '"$work/range"')}
    rules_of_others() { printf '%s' '${rules}'; }
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
      `socket\topen\ttcp6\t${six}\tall\t${comm}`,
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

test('what rules of others forward is past the firewall, also where it is limited there', async (t) => {
  const ports: number[] = [];
  for (const address of ['0.0.0.0', '::', '0.0.0.0', '0.0.0.0'])
    ports.push(await listen(t, address));
  const [one = 0, two = 0, three = 0, four = 0] = ports;
  const dnat = (port: number) =>
    `iifname != "docker0" tcp dport ${port} counter dnat to 172.17.0.2:80`;
  const rules = ['table ip nat {', ...[one, two, four].map(dnat)].join('\n');
  const limited = [one, two, three].map((port) => `tcp:${port}:limited`).join(' ');
  assert.deepEqual(said(ports, { rules, settled: `${limited} tcp:${four}` }), [
    `socket\tpast\ttcp\t${one}\tall\t${comm}`,
  ]);
  assert.deepEqual(
    said(ports, { rules }).sort(),
    [
      `socket\tpast\ttcp\t${one}\tall\t${comm}`,
      `socket\topen\ttcp6\t${two}\tall\t${comm}`,
      `socket\topen\ttcp\t${three}\tall\t${comm}`,
      `socket\tpast\ttcp\t${four}\tall\t${comm}`,
    ].sort(),
  );
});

test('a range of ports that is published has a rule for each of them, by the ten thousand', async (t) => {
  const port = await listen(t, '0.0.0.0');
  const lines = "seq 1 20000 | sed 's/.*/udp dport & dnat to 172.17.0.2:&/'";
  const rules = `'; { echo table ip nat { ; ${lines}; echo tcp dport ${port} dnat to 172.17.0.2:80; }; : '`;
  assert.deepEqual(said([port], { rules }), [`socket\tpast\ttcp\t${port}\tall\t${comm}`]);
});

test('ports are forwarded by rules of nftables, as of either iptables, that hold wherever one comes from', () => {
  const forwarded = (...rules: string[]) =>
    hostShell(`${part}\nforwarded_ports`, { input: `${rules.join('\n')}\n` })
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replaceAll('\t', ' '));
  assert.deepEqual(
    forwarded(
      'table ip nat {',
      '\t\tiifname != "docker0" tcp dport 1 counter packets 0 bytes 0 dnat to 172.17.0.2:80',
      '\t\tip daddr 192.0.2.1 udp dport 2-3 counter packets 0 bytes 0 dnat to 172.17.0.2:53',
      '\t\tip daddr 127.0.0.1 tcp dport 90 dnat to 172.17.0.2:80',
      '\t\tiifname "eth1" tcp dport 90 dnat to 172.17.0.2:80',
      '\t\tip saddr 192.0.2.0/24 tcp dport 90 dnat to 172.17.0.2:80',
      '\t\ttcp dport 90 counter packets 0 bytes 0 redirect to :3000',
      '\t\ttcp dport 90 accept',
      '\t\tip daddr != 127.0.0.0/8 ip saddr != 172.17.0.0/16 tcp dport 9 dnat to 172.17.0.2:80',
      'table inet own {',
      '\t\ttcp dport 4 dnat ip6 to [2001:db8::2]:80',
      '\t\ttcp dport 5 dnat ip to 192.0.2.9',
      'table ip',
      '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 6 -j DNAT --to-destination 172.17.0.2:80',
      '-A PREROUTING -i eth1 -p tcp -m tcp --dport 90 -j DNAT --to-destination 172.17.0.2:80',
      '-A PREROUTING -s 192.0.2.0/24 -p tcp -m tcp --dport 90 -j DNAT --to-destination 172.17.0.2:80',
      '-A PREROUTING ! -s 172.17.0.0/16 ! -d 127.0.0.0/8 -p tcp -m tcp --dport 10 -j DNAT --to-destination 172.17.0.2:80',
      'table ip6',
      '-A DOCKER -d 2001:db8::1/128 ! -i docker0 -p udp -m udp --dport 7:8 -j DNAT --to-destination [fd00::2]:53',
    ),
    [
      ...['tcp 1 1 all', 'udp 2 3 some', 'tcp 9 9 all', 'tcp6 4 4 all', 'tcp 5 5 all'],
      ...['tcp 6 6 all', 'tcp 10 10 all', 'udp6 7 8 some'],
    ],
  );
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
    'past tcp 8080 all docker-proxy',
    'open tcp6 8080 all docker-proxy',
    'open tcp6 8081 all conmon',
  );
  assert.deepEqual(shutBy(all), [
    '! port 53/udp (named) is open to others and would be closed; firewall: { open: [{ port: 53, protocol: udp }] } in keelson:server keeps it, firewall: { close: [53] } shuts it',
    '! port 5432 (postgres) is open to all and would be closed; firewall: { open: [{ port: 5432 }] } in keelson:server keeps it, firewall: { close: [5432] } shuts it',
    '! port 8080 (docker-proxy) over IPv6 is open to all and would be closed; firewall: { open: [{ port: 8080 }] } in keelson:server keeps it, firewall: { close: [8080] } shuts it',
  ]);
});

test('later a preview tells of it beside the firewall, and of what Docker publishes past it', () => {
  const all = heard(
    'shut tcp 5432 all postgres',
    'past tcp 8080 all docker-proxy',
    'past tcp6 8080 all docker-proxy',
    'past tcp 8081 all dockerd',
    'shut tcp6 8081 all dockerd',
  );
  assert.deepEqual(shutBy(all), []);
  assert.deepEqual(toldOf(all, firewall), [
    '! port 5432 (postgres) listens, and the firewall lets nobody in; firewall: { open: [{ port: 5432 }] } in keelson:server does, firewall: { close: [5432] } ends this line',
    '! port 8080 (docker-proxy) is open past the firewall, which forwarded connections do not meet; publish it at 127.0.0.1 to shut it, firewall: { open: [{ port: 8080 }] } in keelson:server ends this line',
    '! port 8081 (dockerd) over IPv4 is open past the firewall, which forwarded connections do not meet; publish it at 127.0.0.1 to shut it, firewall: { open: [{ port: 8081 }] } in keelson:server ends this line',
    '! port 8081 (dockerd) over IPv6 listens, and the firewall lets nobody in; firewall: { open: [{ port: 8081 }] } in keelson:server does, firewall: { close: [8081] } ends this line',
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
  assert.deepEqual(
    [byRoot[0], byRoot.at(-1)],
    ['udp\t10000\tall\tlistens\t1', 'udp\t10059\tall\tasks\t-'],
  );
  const byApps = told([...of(999, '77'), ...of(998, '78', 'asks'), ...of(997, '79')]);
  assert.deepEqual(
    ['77', '78', '79'].map((process) => byApps.filter((it) => it.endsWith(`\t${process}`)).length),
    [50, 0, 50],
  );
});
