/** Outgoing: an app that says whom it asks reaches nobody else, whatever it tries, and is told so at once. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { said } from '../../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../../harness/host.ts';
import { waitFor } from '../../harness/on-host.ts';
import type { Stack } from '../../harness/stack.ts';
import type { Step } from '../../harness/steps.ts';
import { type Attempts, inside } from './attempts.ts';

type Target = { stack: Stack; host: DebianHost; gateway: string; attempts: Attempts };

/** Code for the hostile app: what comes of a connection, in a word. */
const tcp = (address: string, port: number): string => `
  const { connect } = await load('node:net');
  return await new Promise((done) => connect({ host: '${address}', port: ${port}, timeout: 4000 })
    .on('connect', () => done('reached')).on('error', (e) => done(e.code)).on('timeout', () => done('silence')));`;

const udp = (address: string, port: number): string => `
  const { createSocket } = await load('node:dgram');
  const socket = createSocket('udp${address.includes(':') ? 6 : 4}');
  return await new Promise((done) => socket.send('x', ${port}, '${address}', (e) => done(e ? e.code : 'sent')));`;

/** The same in a child process, and by a program that is not Node.js. */
const child = (address: string, port: number): string => `
  const { spawnSync } = await load('node:child_process');
  const { status } = spawnSync('setsid', ['curl', '-s', '-m', '4', 'telnet://${address}:${port}'], { input: '' });
  return status === 7 ? 'ECONNREFUSED' : status === 28 ? 'silence' : 'reached';`;

/** Through MPTCP, which makes connections of its own. */
const mptcp = (address: string, port: number): string => `
  const { spawnSync } = await load('node:child_process');
  const { stdout } = spawnSync('perl', ['-MSocket', '-e', 'socket($s, AF_INET, SOCK_STREAM, 262) or exit; $SIG{ALRM} = sub { exit print "silence" }; alarm 4; print connect($s, pack_sockaddr_in(${port}, inet_aton("${address}"))) ? "reached" : "ECONNREFUSED"']);
  return String(stdout) || 'ECONNREFUSED';`;

/** What listens on this machine, which is the gateway of the host. */
async function listeners() {
  const servers = await Promise.all(
    [14501, 14502].map(async (port) => {
      const server = createServer((socket) => socket.end('in\n')).listen(port, '0.0.0.0');
      await once(server, 'listening');
      return server;
    }),
  );
  const heard = createSocket('udp4').bind(14501);
  await once(heard, 'listening');
  return { heard, close: () => [...servers, heard].map((it) => it.close()) };
}

export const outgoing = ({ stack, host, gateway, attempts }: Target): readonly Step[] => {
  const value = async (code: string, domain?: string) => (await inside(host, code, domain)).value;
  const refused = async (what: string, code: string, word: string) => {
    const came = await value(code);
    attempts.note(what, came !== word && came);
  };
  return [
    [
      'whom it named it reaches, and nobody else: over TCP and UDP, IPv4 and IPv6, and from a child',
      async () => {
        // On the host itself, which counts as any other address.
        await host.exec('ip address add fd77::1/128 dev lo; ip address add fd77::2/128 dev lo');
        await host.exec(
          "systemd-run -q node -e \"for (const p of [14501, 14502]) require('net').createServer((s) => s.end('in')).listen(p, '::')\"",
        );
        await waitFor(host, "ss -Hltn 'sport = :14502' | grep -q .");
        const { heard, close } = await listeners();
        try {
          const message = once(heard, 'message', { signal: AbortSignal.timeout(5000) });
          assert.deepEqual(
            [await value(tcp(gateway, 14501)), await value(tcp('fd77::1', 14501))],
            ['reached', 'reached'],
          );
          assert.equal(await value(udp(gateway, 14501)), 'sent');
          await message;
          assert.equal(await value(tcp(gateway, 14502), 'held.example.com'), 'reached');
          for (const [address, port] of [
            [gateway, 14502],
            [`::ffff:${gateway}`, 14502],
            ['fd77::1', 14502],
            ['fd77::2', 14501],
            ['127.0.0.1', 14501],
            ['::1', 14501],
            ['127.0.0.1', 3700],
          ] as const) {
            await refused(`TCP to ${address} ${port}`, tcp(address, port), 'ECONNREFUSED');
            if (!address.includes(':'))
              await refused(`a child to ${address} ${port}`, child(address, port), 'ECONNREFUSED');
          }
          await refused('MPTCP', mptcp(gateway, 14502), 'ECONNREFUSED');
          for (const address of [gateway, 'fd77::1', '127.0.0.1', '224.0.0.1'])
            await refused(`UDP to ${address}`, udp(address, 14502), 'EPERM');
        } finally {
          close();
        }
      },
    ],
    [
      'names are asked for where the host asks, also when it asks others, and nowhere else',
      async () => {
        await host.exec('cp /etc/resolv.conf /run/resolv.conf');
        await host.exec('echo nameserver 10.77.0.53 >/etc/resolv.conf');
        await waitFor(host, 'nft list set inet keelson resolvers | grep -q 10.77.0.53');
        assert.equal(await value(udp('10.77.0.53', 53)), 'sent');
        await refused('DNS to another', udp('10.77.0.54', 53), 'EPERM');
        await refused('more than DNS', udp('10.77.0.53', 5353), 'EPERM');
        await host.exec('systemctl stop keelson-resolvers.path');
        await host.exec('cat /run/resolv.conf >/etc/resolv.conf');
        assert.match(
          said(await stack.preview()),
          /^! ruleset keelson rules others → loaded \(drift\)$/m,
        );
        await stack.up();
      },
    ],
    [
      'what is taken out of the rules is drift, and back with the next up',
      async () => {
        await host.exec('nft flush chain inet keelson to-evil');
        assert.match(
          said(await stack.preview()),
          /^! ruleset keelson rules others → loaded \(drift\)$/m,
        );
        await stack.up();
        await refused('after it', tcp('127.0.0.1', 14501), 'ECONNREFUSED');
      },
    ],
    [
      'a socket that systemd made for an app asks nobody as root',
      async () => {
        const perl = `open($s, "+<&=3"); connect($s, pack("S x14", 0)); connect($s, pack_sockaddr_in(3700, inet_aton("127.0.0.1"))); vec($w, fileno($s), 1) = 1; select(undef, $w, undef, 3); $! = unpack("i", getsockopt($s, SOL_SOCKET, SO_ERROR)); print $! || (getpeername($s) ? "reached" : "nothing")`;
        const came = await value(
          `const { spawnSync } = await load('node:child_process');
          return String(spawnSync('timeout', ['5', 'perl', '-MSocket', '-e', ${JSON.stringify(perl)}], { stdio: ['ignore', 'pipe', 'pipe', 3] }).stdout);`,
          'held.example.com',
        );
        attempts.note('a connection as root', came !== 'Connection refused' && came);
        await host.exec('systemctl restart held@4500.socket held@4500.service');
      },
    ],
  ];
};
