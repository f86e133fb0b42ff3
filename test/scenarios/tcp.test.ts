/** TCP services behind nginx and at public ports of their own, and apps that need no Node.js, by the whole kit. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { does, mainPids, waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, type Stack } from '../harness/stack.ts';
import { inOrder, type Step } from '../harness/steps.ts';

/** Greets, answers PING, and says all that it hears; what it is told of the client, too. */
const chatCode = (mark: string) => `// ${mark}
const { createServer } = require('node:net');
const { PORT, HOST } = process.env;
const server = createServer((socket) => {
  let client = '', heard = '';
  socket.on('error', () => {});
  socket.on('data', (data) => {
    const lines = (heard += data).split('\\n');
    heard = lines.pop();
    for (const line of lines.map((line) => line.trim()))
      if (line.startsWith('PROXY ')) {
        client = line.split(' ')[2];
        socket.write('hello ' + client + ' from ' + PORT + ' of ${mark}\\n');
      } else socket.write(line === 'PING' ? 'PONG\\n' : line + '\\n');
  });
});
server.listen(PORT, HOST);
process.on('SIGTERM', () => process.exit(0));
`;

/** The same in Python, which tells by itself where it is reached. */
const roomCode = (mark: string) => `# ${mark}
import asyncio, os, signal, sys
async def serve(reader, writer):
    try:
        writer.write(('hello from ' + os.environ['PUBLIC_ADDRESS'] + ' of ${mark}\\n').encode())
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
    except OSError:
        pass
    writer.close()
async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: os._exit(0))
    server = await asyncio.start_server(serve, os.environ['HOST'], int(os.environ['PORT']))
    await server.serve_forever()
asyncio.run(main())
`;

/** A web app for which Python has all that it needs. */
const tallyCode = `import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(('python at ' + os.environ['PORT']).encode())
http.server.ThreadingHTTPServer((os.environ['HOST'], int(os.environ['PORT'])), Handler).serve_forever()
`;

type Target = { host: DebianHost; stack: Stack };

function codeIn({ directory }: Stack, path: string, text: string): string {
  const folder = join(directory, 'code', path.replace(/\/[^/]*$/, ''));
  mkdirSync(folder, { recursive: true });
  const file = join(directory, 'code', path);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return folder;
}

const quick = { drain: '3s', start: '20s', watch: '0s', answers: 1 };

const chatApp = (stack: Stack, mark: string, more: object = {}) => ({
  ...{ type: 'tcp', source: codeIn(stack, `chat-${mark}/chat.js`, chatCode(mark)) },
  ...{ start: 'chat.js', public: 7000, port: 3800, instances: 2, proxyProtocol: true },
  ...{ healthy: { send: 'PING\\r\\n', expect: 'PONG', timeout: '1s' }, rollout: quick, ...more },
});

const roomApp = (stack: Stack, mark: string, more: object = {}) => ({
  ...{ type: 'tcp', source: codeIn(stack, `room-${mark}/room.py`, roomCode(mark)) },
  ...{ exec: ['/usr/bin/python3', 'room.py'], public: 'each', port: 3900, instances: 2 },
  ...{ publicHost: 'play.example.com', rollout: quick, ...more },
});

function configure({ stack }: Target, apps: object, more: object = {}): void {
  const { server, apps: given } = config(codeOf(stack)) as { server: object; apps: object };
  stack.configure({ server: { ...server, ...more }, apps: { ...given, ...apps } });
}

/** A conversation with what listens at a port of a host, a line at a time. */
class Line {
  readonly socket: Socket;
  #heard = '';
  ended = false;

  constructor({ address }: DebianHost, port: number) {
    this.socket = connect(port, address);
    this.socket.on('data', (data) => {
      this.#heard += data;
    });
    for (const event of ['end', 'error', 'close']) this.socket.on(event, () => (this.ended = true));
  }

  async hear(): Promise<string> {
    for (let tries = 0; tries < 400; tries++) {
      const at = this.#heard.indexOf('\n');
      if (at >= 0) {
        const line = this.#heard.slice(0, at);
        this.#heard = this.#heard.slice(at + 1);
        return line;
      }
      assert.ok(!this.ended, 'the connection ended');
      await sleep(10);
    }
    throw new Error('nothing was heard in 4 s');
  }

  async say(line: string): Promise<string> {
    this.socket.write(`${line}\n`);
    return await this.hear();
  }
}

/** Connects again and again, and says something each time, until it is told to end. */
async function talker(host: DebianHost, port: number, until: { over: boolean }) {
  let [talks, refused] = [0, 0];
  while (!until.over) {
    const line = new Line(host, port);
    try {
      await line.hear();
      assert.equal(await line.say('word'), 'word');
      talks += 1;
    } catch {
      refused += 1;
    }
    line.socket.destroy();
    await sleep(10);
  }
  return { talks, refused };
}

/** What comes of an action while four talk: how often they did, and how often they could not. */
async function amidTalk<T>(host: DebianHost, port: number, action: () => Promise<T>) {
  const until = { over: false };
  const crowd = Promise.all(Array.from({ length: 4 }, () => talker(host, port, until)));
  try {
    const result = await action();
    await sleep(300);
    until.over = true;
    const all = await crowd;
    const sum = (key: 'talks' | 'refused') => all.reduce((total, one) => total + one[key], 0);
    return { result, talks: sum('talks'), refused: sum('refused') };
  } finally {
    until.over = true;
  }
}

const isRefused = async ({ address }: DebianHost, port: number): Promise<boolean> => {
  const socket = connect(port, address);
  const came = await Promise.race([once(socket, 'connect'), once(socket, 'error')]).catch(
    (error: Error) => [error],
  );
  socket.destroy();
  return came[0] instanceof Error;
};

const balancedApp = (target: Target): Step => [
  'a TCP service behind nginx, which is told the client’s address, and is not started anew for it',
  async () => {
    const { host, stack } = target;
    const [nginx] = await mainPids(host, 'nginx');
    configure(target, { chat: chatApp(stack, 'one') });
    const preview = said(await stack.preview());
    assert.match(preview, /package libnginx-mod-stream/);
    await stack.up();
    assert.deepEqual(await mainPids(host, 'nginx'), [nginx]);
    const line = new Line(host, 7000);
    assert.match(await line.hear(), /^hello [0-9.]+ from 380[01] of one$/);
    const mine = line.socket.localAddress;
    line.socket.destroy();
    const again = new Line(host, 7000);
    assert.ok((await again.hear()).startsWith(`hello ${mine} from`));
    again.socket.destroy();
    assert.ok(await isRefused(host, 3800));
    // Monit asks as the rollout does.
    const asks = () => host.tryExec('/etc/monit/keelson.d/ask chat 3800');
    assert.equal((await asks()).code, 0);
    const [stopped] = await mainPids(host, 'chat@3800');
    await host.exec(`kill -STOP ${stopped}`);
    assert.match(
      (await asks()).stdout,
      /chat@3800 gave no answer with "PONG" on 127\.0\.0\.1:3800/,
    );
    await host.exec(`kill -CONT ${stopped}`);
    assert.equal((await ask(host, '/', { domain: 'shop.example.com' })).status, 200);
    await assertNothingToDo(stack);
  },
];

const moves = (target: Target, note: (text: string) => void): Step => [
  'no connection is refused while its instances move, and one that is open has its time to end',
  async () => {
    const { host, stack } = target;
    configure(target, { chat: chatApp(stack, 'two') });
    const open = new Line(host, 7000);
    await open.hear();
    const { result, talks, refused } = await amidTalk(host, 7000, () => stack.up());
    assert.match(said(result), /rollout chat 380[01]: 1 connection cut after 3 s/);
    assert.ok(open.ended);
    note(`${talks} conversations through a rollout, ${refused} failed`);
    assert.ok(talks > 50);
    assert.equal(refused, 0);
  },
];

const eachApp = (target: Target): Step => [
  'each instance on a public port of its own, in Python: told where it is reached, and reached there',
  async () => {
    const { host, stack } = target;
    const chat = chatApp(stack, 'two', { public: 7001, port: 3810 });
    configure(target, { chat, room: roomApp(stack, 'one') });
    const refused = said(await stack.try('preview'));
    assert.match(
      refused,
      /rollout room cannot run \/usr\/bin\/python3, which is not on this server; name the package that brings it in `packages`, or put it there/,
    );
    configure(target, { chat, room: roomApp(stack, 'one') }, { packages: ['python3'] });
    await stack.up();
    // All ports of the other one have moved meanwhile.
    assert.ok(await isRefused(host, 7000));
    assert.match(await new Line(host, 7001).hear(), /of two$/);
    for (const port of [3900, 3901])
      assert.equal(await new Line(host, port).hear(), `hello from play.example.com:${port} of one`);
    assert.ok(await isRefused(host, 3800));
    // So may another app of the host.
    assert.ok(
      await does(host, `runuser -u shop -- bash -c 'exec 3<>/dev/tcp/${host.address}/3900'`),
    );
    await assertNothingToDo(stack);
    configure(target, { chat, room: roomApp(stack, 'two') }, { packages: ['python3'] });
    const player = new Line(host, 3900);
    await player.hear();
    const run = stack.up();
    let [closed, played] = [false, 0];
    while (!player.ended) {
      played += (await player.say('move').catch(() => '')) === 'move' ? 1 : 0;
      closed ||= !player.ended && (await isRefused(host, 3900));
      await sleep(50);
    }
    await run;
    assert.ok(closed, 'a room that is about to end takes nobody in');
    assert.ok(played > 20, `${played}`);
    assert.match(await new Line(host, 3901).hear(), /of two$/);
  },
];

const renamed = (target: Target, note: (text: string) => void): Step => [
  'a TCP service that is renamed takes ports and public port over, and no connection is refused',
  async () => {
    const { host, stack } = target;
    const lounge = chatApp(stack, 'two', { public: 7001, port: 3810 });
    configure(target, { lounge }, { packages: ['python3'] });
    const { result, talks, refused } = await amidTalk(host, 7001, () => stack.up());
    assert.match(said(result), /rollout chat 3810: gives its port to lounge/);
    note(`${talks} conversations through a renaming, ${refused} failed`);
    assert.equal(refused, 0);
  },
];

/** Which instances answer a room that says its name so. */
async function seenBy(host: DebianHost, by: 'path' | 'cookie', room: number): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let times = 0; times < 5; times++) {
    const { status, body } = await ask(host, by === 'path' ? `/rooms/${room}/${times}` : '/', {
      ...{ domain: 'tally.example.com', headers: { cookie: `a=1; room.id=${room}` } },
    });
    assert.equal(status, 200);
    assert.match(body, /^python at 400[01]$/);
    seen.add(body);
  }
  return seen;
}

const runtimes = (target: Target): Step => [
  'a web app in Python; and what goes leaves nothing',
  async () => {
    const { host, stack } = target;
    const tally = {
      ...{ source: codeIn(stack, 'tally/tally.py', tallyCode), port: 4000, instances: 2 },
      ...{ exec: ['/usr/bin/python3', '-u', 'tally.py'], domains: ['tally.example.com'] },
      rollout: quick,
    };
    const sticky = { path: { path: 2 }, cookie: { cookie: 'room.id' } };
    for (const by of ['path', 'cookie'] as const) {
      configure(target, { tally: { ...tally, sticky: sticky[by] } }, { packages: ['python3'] });
      await stack.up();
      await waitFor(host, '! pgrep -f "nginx: worker process is [s]hutting down"');
      const seen = await Promise.all(
        Array.from({ length: 12 }, (_, room) => seenBy(host, by, room)),
      );
      // Each room is at one instance, and not all are at the same.
      assert.ok(
        seen.every((all) => all.size === 1),
        by,
      );
      assert.equal(new Set(seen.flatMap((all) => [...all])).size, 2, by);
    }
    for (const port of [3900, 7001]) assert.ok(await isRefused(host, port), `${port}`);
    assert.equal(
      await host.exec(
        'ls -d /etc/nginx/keelson-stream.d /etc/nginx/modules-enabled/90-* /etc/keelson/filter.d/app-room.nft /srv/room/current 2>/dev/null || :',
      ),
      '',
    );
    assert.equal(await host.exec('nft list table inet keelson | grep -c 3900 || :'), '0\n');
    await assertNothingToDo(stack);
  },
];

for (const release of triedOn('trixie'))
  test(`TCP services and other runtimes, ${release}`, { timeout: 600_000 }, async (t) => {
    const target = await provisionedHost(t, { release, cpus: 2 });
    await inOrder(t, [
      balancedApp(target),
      moves(target, (text) => t.diagnostic(text)),
      eachApp(target),
      renamed(target, (text) => t.diagnostic(text)),
      runtimes(target),
    ]);
  });
