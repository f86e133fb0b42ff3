/** Ports: whoever is no instance gets no visitor, and nobody reaches an instance past nginx. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { said } from '../../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../../harness/host.ts';
import { ask } from '../../harness/http.ts';
import { does, hostLog, stop, waitFor } from '../../harness/on-host.ts';
import type { Stack } from '../../harness/stack.ts';
import type { Step } from '../../harness/steps.ts';
import { type Attempts, inside } from './attempts.ts';

const shop = { domain: 'shop.example.com' };

/** What visitors of the shop get in a while that is not the shop's. */
async function strange(host: DebianHost, times = 40): Promise<string[]> {
  const seen: string[] = [];
  for (let n = 0; n < times; n++) {
    const { status, body } = await ask(host, '/', shop);
    if (status !== 200 || body !== 'ok\n') seen.push(`${status} ${body}`);
  }
  return seen;
}

/** Code for the hostile app: it listens at a port as soon as that is free, under a name that looks like systemd's. */
const squat = (port: number): string => `
  process.title = 'x",pid=1,fd=3)';
  const { createServer } = await load('node:http');
  globalThis.squatted = 0;
  const retry = () => createServer((q, s) => s.end('stolen ' + q.headers.cookie)).on('error', () => setTimeout(retry, 1))
    .on('listening', () => { globalThis.squatted = 1; }).listen(${port}, '127.0.0.1');
  retry();`;

/** Code for the hostile app: it listens at as many ports as it can, where the firewall lets nobody in; how many. */
const listenWidely = `
  const { createSocket } = await load('node:dgram');
  globalThis.wide = Array.from({ length: 8000 }, () => createSocket('udp4'));
  const bound = (socket, at) => new Promise((done) =>
    socket.on('error', () => done(0)).bind(10000 + at, () => done(1)));
  return (await Promise.all(globalThis.wide.map(bound))).filter(Boolean).length;`;

/** Code for the hostile app: 2000 sockets at one port, and many processes that have each of them. */
const squatWidely = (port: number): string => `
  const { spawn } = await load('node:child_process');
  spawn('/usr/bin/perl', ['-e', \`use Socket;
    for my $n (1 .. 2000) { socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, $_, 1) for SO_REUSEADDR, SO_REUSEPORT;
      bind($s, sockaddr_in(${port}, inet_aton('127.0.0.1'))); listen($s, 1); push @all, $s }
    for (1 .. 100) { last unless fork } sleep 600\`], { stdio: 'ignore' });`;

/** Code for the hostile app: what an address answers, and nothing when it refuses. */
const get = (url: string): string => `
  const { request } = await load('node:http');
  return await new Promise((done) => {
    const asked = request('${url}', { headers: { 'X-Forwarded-For': '127.0.0.1' }, timeout: 3000 }, (r) => r.on('data', (d) => done(String(d))));
    asked.on('error', () => done(null)).on('timeout', () => asked.destroy()).end();
  });`;

const isUp = 'systemctl is-active --quiet shop@3700 && curl -s -m 2 127.0.0.1:3700 | grep -q ok';

/** A login of somebody who may do nothing on the host; `-L` and `-R` are what it is for. */
async function login(host: DebianHost, ...options: string[]) {
  await host.exec(`id mallory >/dev/null 2>&1 || { useradd -m -s /bin/bash mallory
    install -d -o mallory -m 0700 ~mallory/.ssh && install -o mallory -m 0600 ~${host.user}/.ssh/authorized_keys ~mallory/.ssh/authorized_keys; }`);
  const given = host.sshArguments.map((it) => it.replace(`${host.user}@`, 'mallory@'));
  const child = spawn('ssh', [...options, ...given, 'echo in; sleep 60'], { stdio: 'pipe' });
  await once(child.stdout, 'data');
  return child;
}

/** The shop runs on 3700 and 3701, the hostile app on 4400, its friend, which may ask the shop, on 4500. */
export const ports = (stack: Stack, host: DebianHost, attempts: Attempts): readonly Step[] => [
  [
    'an app that listens at the port of another, which is down, is sent nobody',
    async () => {
      await stop(host, 'shop@3700');
      await inside(host, squat(3700));
      await waitFor(host, "ss -Hltn 'sport = :3700' | grep -q .");
      attempts.note('visitors of a port that is down', (await strange(host))[0]);
      for (const address of ['127.0.0.1', 'localhost'])
        attempts.note(
          `root at ${address}`,
          (await does(host, `curl -s -m 3 ${address}:3700`)) && 'an answer',
        );
    },
  ],
  [
    'the next up says by the kernel’s word who it was, and the instance has its port again',
    async () => {
      await stack.up();
      await waitFor(host, isUp);
      const told = (await hostLog(host)).filter((line) => /port 3700 of shop/.test(line));
      assert.match(told.join(), /\(process \d{2,} of evil@4400\.service\) held it, and was ended/);
      attempts.note('visitors afterwards', (await strange(host))[0]);
    },
  ],
  [
    'an app that is quicker than an instance that was killed gets no visitor, and the instance comes back',
    async () => {
      await waitFor(host, 'curl -s -m 2 127.0.0.1:4400 | grep -q hostile');
      await inside(host, squat(3700));
      await host.exec('systemctl kill -s KILL shop@3700');
      attempts.note('visitors of a port that restarts', (await strange(host, 80))[0]);
      await waitFor(host, isUp);
      await waitFor(host, 'curl -s -m 2 127.0.0.1:4400 | grep -q hostile');
      assert.equal(await does(host, 'systemctl is-failed --quiet shop@3700'), false);
    },
  ],
  [
    'an app that listens at thousands of ports holds up no preview, and is told of by some of them',
    async () => {
      const { value } = await inside(host, listenWidely);
      assert.ok(Number(value) > 7000, `it listens at ${value} ports`);
      const run = await stack.try('preview');
      attempts.note('a preview that fails', run.code !== 0 && said(run).slice(-300));
      const told = said(run).match(/port \d+\/udp \(node\) listens/g) ?? [];
      assert.ok(told.length > 0, said(run).slice(-2000));
      attempts.note('a flood of lines', told.length > 50 && told.length);
      await host.exec('systemctl restart evil@4400');
      await waitFor(host, 'curl -s -m 2 127.0.0.1:4400 | grep -q hostile');
    },
  ],
  [
    'an instance starts at once though its port was taken by thousands of sockets, each of many processes',
    async () => {
      await stop(host, 'shop@3700');
      await inside(host, squatWidely(3700));
      await waitFor(host, "[ $(ss -Hltn 'sport = :3700' | wc -l) -ge 2000 ]");
      attempts.note('the start', !(await does(host, 'timeout 30 systemctl start shop@3700')));
      await waitFor(host, isUp);
      const ended = (await hostLog(host)).filter((it) =>
        /port 3700 of shop: perl .* held it/.test(it),
      );
      assert.ok(ended.length > 0);
      attempts.note('lines of the log', ended.length > 5 && ended.length);
      await waitFor(host, 'curl -s -m 2 127.0.0.1:4400 | grep -q hostile');
    },
  ],
  [
    'who logs in and forwards the port of an instance that is down is sent nobody, and ends when it starts',
    async () => {
      const own = createServer((_, answer) => answer.end('stolen\n')).listen(0, '127.0.0.1');
      await once(own, 'listening');
      const { port } = own.address() as { port: number };
      await stop(host, 'shop@3700');
      const ssh = await login(host, '-R', `127.0.0.1:3700:127.0.0.1:${port}`);
      try {
        await waitFor(host, "ss -Hltn 'sport = :3700' | grep -q .");
        attempts.note('visitors of ssh -R', (await strange(host))[0]);
        await host.exec('systemctl start shop@3700');
        await waitFor(host, isUp);
        attempts.note('visitors after the start', (await strange(host))[0]);
      } finally {
        ssh.kill();
        own.close();
      }
    },
  ],
  [
    'nobody reaches an instance past nginx: no app, no login, nobody of the network',
    async () => {
      for (const address of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', host.address])
        for (const port of [3700, 3701])
          attempts.note(
            `the app at ${address}:${port}`,
            (await inside(host, get(`http://${address}:${port}/`))).value,
          );
      const ssh = await login(host, '-L', '127.0.0.1:14190:127.0.0.1:3700');
      try {
        attempts.note('ssh -L', await answer('127.0.0.1', 14190));
      } finally {
        ssh.kill();
      }
      for (const port of [3700, 4400, 4500])
        attempts.note(`the network at ${port}`, await answer(host.address, port));
      assert.match(
        String((await inside(host, get('http://127.0.0.1:3700/'), 'friend.example.com')).value),
        /ok/,
      );
      assert.match(String((await inside(host, get(`http://${host.address}:80/`))).value), /./);
    },
  ],
  [
    'the cloud that the server is a machine of tells apps nothing, but names',
    async () => {
      // nginx answers there itself, on all addresses of the host.
      await host.exec(`ip address add 169.254.169.254/32 dev lo
        systemd-run --quiet node -e "require('http').createServer((q, s) => s.end('name')).listen(53, '169.254.169.254')"
        until curl -s 169.254.169.254:53; do sleep 0.1; done`);
      const asked = async (url: string, domain?: string) =>
        (await inside(host, get(url), domain)).value;
      attempts.note('the metadata address', await asked('http://169.254.169.254/'));
      assert.equal(await asked('http://169.254.169.254:53/'), 'name');
      assert.ok(await asked('http://169.254.169.254/', 'friend.example.com'));
    },
  ],
  [
    'rules that somebody flushed are back with the next up, or when Debian’s own are loaded',
    async () => {
      await host.exec('nft flush ruleset');
      assert.match(said(await stack.preview()), /^! ruleset keelson missing → present \(drift\)$/m);
      await stack.up();
      attempts.note('after a flush', (await inside(host, get('http://127.0.0.1:3700/'))).value);
      await host.exec('systemctl start nftables');
      for (const verb of ['reload', 'restart']) {
        await host.exec(`systemctl ${verb} nftables`);
        await waitFor(host, 'nft list table inet keelson');
        attempts.note(
          `after a ${verb} of nftables`,
          (await inside(host, get('http://127.0.0.1:3700/'))).value,
        );
      }
      await host.exec('systemctl disable --now nftables; systemctl start keelson-filter');
    },
  ],
  [
    'an app whose user comes back with another number has its visitors',
    async () => {
      await stop(host, 'shop.target');
      await host.exec('userdel shop; groupdel shop 2>/dev/null; useradd -r -u 777 other777; true');
      await stack.up();
      attempts.note('visitors', (await strange(host, 4))[0]);
      attempts.note('the app', (await inside(host, get('http://127.0.0.1:3700/'))).value);
    },
  ],
];

/** What answers at an address, from this machine. */
async function answer(address: string, port: number): Promise<string> {
  const socket = connect({ host: address, port, timeout: 3000 });
  socket.on('timeout', () => socket.destroy()).on('error', () => {});
  socket.on('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
  let text = '';
  socket.on('data', (data) => (text += data));
  await new Promise((done) => socket.on('close', done));
  return text;
}
