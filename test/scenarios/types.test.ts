/**
 * Types of apps: workers and one web instance alone by the helper itself, on a host of their own; TCP services, other
 * runtimes, a static site and jobs by the whole kit.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '../../components/host/health.ts';
import { type Item, sha256 } from '../../components/host/item.ts';
import type { Rollout } from '../../components/host/kinds/rollout.ts';
import {
  aptPackage,
  directory,
  file,
  group,
  instances,
  rollout,
  systemUser,
} from '../../components/host/kinds.ts';
import { text } from '../../components/host/manifest.ts';
import { helper } from '../../components/host/script.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { does, mainPids, waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, type Stack } from '../harness/stack.ts';
import { inOrder, type Step } from '../harness/steps.ts';
import { stillOn } from './types/still.ts';

const state = '/var/lib/keelson';
let runs = 0;

async function tryApply(host: DebianHost, name: string, items: readonly Item[]) {
  const input = text({ name, after: [], items }, { run: `r${++runs}`, lines: [] });
  return await host.tryExec('keelson apply server', { input });
}

/** The lines that the helper says. */
async function apply(host: DebianHost, name: string, items: readonly Item[]): Promise<string[]> {
  const { code, stdout, stderr } = await tryApply(host, name, items);
  assert.equal(code, 0, `${name}:\n${stdout}${stderr}`);
  return stdout.split('\n').filter(Boolean);
}

type Moving = Partial<Rollout> & { type: 'web' | 'worker'; instances: number[] };

/** An app on a host: what is rendered of it, without the rest of the kit. */
class App {
  readonly host: DebianHost;
  readonly name: string;
  readonly start: string;
  readonly #moving: Moving;
  /** The code of a release is one file, named main; the release is named by it. */
  code = '';
  tasks = 64;
  greeting = 'hi';

  constructor(host: DebianHost, name: string, start: string, moving: Moving) {
    this.host = host;
    this.name = name;
    this.start = start;
    this.#moving = moving;
  }

  get release(): string {
    return sha256(this.code);
  }

  #sandbox = () => `User=${this.name}
Group=${this.name}
EnvironmentFile=/etc/keelson/${this.name}/environment
TasksMax=${this.tasks}
PrivateTmp=yes
ProtectSystem=strict
`;

  #unit(): { text: string; hash: string } {
    const marked = `[Unit]
PartOf=${this.name}.target
[Service]
Type=exec
WorkingDirectory=/srv/${this.name}/current
ExecStart=${this.start}
Environment=${this.#moving.type === 'web' ? 'PORT' : 'KEELSON_INSTANCE'}=%i
Restart=on-failure
RestartSec=1s
KillMode=mixed
TimeoutStopSec=5s
${this.#sandbox()}`;
    const hash = sha256(marked);
    return { text: `${marked}Environment=KEELSON_UNIT=${hash}\n`, hash };
  }

  #environment(): { text: string; hash: string } {
    const text = `GREETING="${this.greeting}"\n`;
    return { text: `${text}KEELSON_ENVIRONMENT=${sha256(text)}\n`, hash: sha256(text) };
  }

  items(): Item[] {
    const { name } = this;
    const units = this.#moving.instances.map((key) => `${name}@${key}.service`).join(' ');
    return [
      group(name),
      systemUser(name, { group: name }),
      directory(`/srv/${name}`),
      directory(`/srv/${name}/releases`),
      directory('/etc/keelson'),
      directory(`/etc/keelson/${name}`),
      file(`/etc/systemd/system/${name}@.service`, this.#unit().text, { check: 'systemd' }),
      file(
        `/etc/systemd/system/${name}.target`,
        `[Unit]\nWants=${units}\n[Install]\nWantedBy=multi-user.target\n`,
      ),
      file(
        `/etc/keelson/${name}/hook.service`,
        `[Unit]\n[Service]\nType=oneshot\n${this.#sandbox()}`,
      ),
    ];
  }

  rolling(health: Health, more: Partial<Rollout> = {}): Item[] {
    const { name, release } = this;
    const environment = this.#environment();
    const moving = {
      ...{ app: name, release, unit: this.#unit().hash, environment: environment.hash, health },
      ...{ stop: 5, start: 6, watch: 0, batch: 1, hookTimeout: 20, keep: 5 },
    };
    return [
      file(`/etc/keelson/${name}/environment`, environment.text, {
        secret: true,
        mode: '0640',
        group: name,
      }),
      rollout({ ...moving, ...this.#moving, ...more }),
    ];
  }

  /** Brings the release and both manifests; what the rollout says. */
  async tryUp(health: Health, more: Partial<Rollout> = {}) {
    const place = `/srv/${this.name}/releases/${this.release}`;
    const said = await apply(this.host, `app-${this.name}`, this.items());
    await this.host.exec(
      `mkdir -p ${place}; cat >${place}/main; chmod 755 ${place} ${place}/main`,
      {
        input: this.code,
      },
    );
    const run = await tryApply(this.host, `rollout-${this.name}`, this.rolling(health, more));
    return { ...run, said };
  }

  async up(health: Health, more: Partial<Rollout> = {}): Promise<string[]> {
    const { code, stdout, stderr } = await this.tryUp(health, more);
    assert.equal(code, 0, `${stdout}${stderr}`);
    return stdout.split('\n').filter(Boolean);
  }

  /** Process and release of each instance. */
  async running(): Promise<string[]> {
    const each = this.#moving.instances.map(
      (key) =>
        `p=$(systemctl show -p MainPID --value ${this.name}@${key}); echo "$p $(basename "$(readlink /proc/$p/cwd)")"`,
    );
    return (await this.host.exec(each.join('\n'))).trim().split('\n');
  }
}

const short = (release: string): string => release.slice(0, 8);
const looping = (mark: string) =>
  `#!/bin/sh\n# ${mark}\ntrap 'echo ends; exit 0' TERM\nwhile :; do sleep 0.2 & wait $!; done\n`;

test('workers and instances that are alone', async (t) => {
  const host = await testHost(t);
  await host.exec('cat >/usr/local/sbin/keelson; chmod 0755 /usr/local/sbin/keelson', {
    input: helper(),
  });
  await apply(
    host,
    'base',
    ['nodejs', 'curl', 'iproute2', 'nftables'].map((name) => aptPackage(name)),
  );
  await t.test('workers', () => workers(t.diagnostic.bind(t), host));
  await t.test('health by a command', () => commands(t.diagnostic.bind(t), host));
  await t.test('one web instance alone', () => alone(t.diagnostic.bind(t), host));
  await t.test('all of it goes with its host', () => gone(host));
});

async function gone(host: DebianHost): Promise<void> {
  await host.exec('keelson destroy server');
  // The code was put below /srv by this test, and so stays there.
  const left = `systemctl list-units --plain --no-legend --all 'jobs*' 'post*' 'wiki*' 'keelson-*'
    ls -d /srv/*/current /etc/keelson ${state}/rollouts/* 2>/dev/null || :`;
  assert.equal(await host.exec(left), '');
}

type Tell = (message: string) => void;
const stay: Health = { by: 'stay', seconds: 2 };

async function workers(tell: Tell, host: DebianHost): Promise<void> {
  const app = new App(host, 'jobs', '/bin/sh main', { type: 'worker', instances: [1, 2] });
  app.code = looping('one');
  const first = await app.up(stay);
  tell(first.join('\n'));
  assert.match(first.join('\n'), /rollout jobs 1 stopped → current in \d+\.\d s/);
  assert.match(first.join('\n'), /rollout jobs current none → \w{8}/);
  const before = await app.running();
  assert.deepEqual(
    before.map((line) => line.split(' ')[1]),
    [app.release, app.release],
  );
  assert.deepEqual(await app.up(stay), []);
  assert.deepEqual(await app.running(), before);

  app.code = looping('two');
  const second = await app.up(stay);
  tell(second.join('\n'));
  assert.match(second.join('\n'), /rollout jobs 2 release \w{8} → current in \d+\.\d s/);
  const good = await app.running();

  const release = app.release;
  app.code = '#!/bin/sh\nsleep 1\necho no queue\nexit 3\n';
  Object.assign(app, { tasks: 65, greeting: 'bye' });
  const failed = await app.tryUp(stay);
  assert.notEqual(failed.code, 0);
  tell(failed.stderr);
  assert.match(
    failed.stderr,
    new RegExp(
      `1 on ${short(app.release)} exited with status 3; all instances are on ${short(release)} as before\n(.*\n)*.*no queue`,
    ),
  );
  const after = await app.running();
  assert.equal(after[0]?.split(' ')[1], release);
  assert.equal(after[1], good[1]);
  const put = await host.exec(
    `cat /etc/keelson/jobs/environment /etc/systemd/system/jobs@.service /etc/keelson/jobs/hook.service`,
  );
  assert.match(put, /^GREETING="hi"$/m);
  assert.equal(put.match(/^TasksMax=64$/gm)?.length, 2);

  // What was put back is noted, and nothing of the note is lost that the rollout had begun with.
  const pending = await host.exec(
    `cd ${state}/pending && grep -c . app-jobs rollout-jobs; sed '1,/^end$/d' rollout-jobs; grep ^file rollout-jobs`,
  );
  tell(pending);
  assert.match(pending, /\trollout\tjobs\t1\trelease \w{8}\tcurrent$/m);
  const environment = sha256(await host.exec('cat /etc/keelson/jobs/environment'));
  assert.ok(pending.includes(`sha256=${environment}`), pending);

  app.code = looping('three');
  const third = await app.tryUp(stay);
  assert.equal(third.code, 0, third.stderr);
  tell([...third.said, third.stdout].join('\n'));
  assert.doesNotMatch([...third.said, third.stdout].join('\n'), /^drift/m);
  assert.equal(await host.exec(`ls ${state}/pending`), '');
  assert.equal(await host.exec('nft list tables'), '');
}

async function commands(tell: Tell, host: DebianHost): Promise<void> {
  const app = new App(host, 'post', '/bin/sh main', { type: 'worker', instances: [1, 2] });
  app.code = looping('one');
  const check = (...command: string[]): Health => ({ by: 'command', command });
  const good = check('grep', '-q', 'trap', 'main');
  tell((await app.up(good, { before: ['echo', 'prepared'] })).join('\n'));
  assert.match(await host.exec('journalctl -o cat -u keelson_before@post.service'), /^prepared$/m);
  const before = await app.running();

  const release = app.release;
  app.code = looping('two');
  const failed = await app.tryUp(check('/bin/sh', 'no-such-check.sh'));
  assert.notEqual(failed.code, 0);
  tell(failed.stderr);
  assert.match(
    failed.stderr,
    /1 on \w{8} was not healthy within 6 s: \/bin\/sh no-such-check\.sh failed; all instances are on \w{8} as before/,
  );
  const after = await app.running();
  assert.equal(after[0]?.split(' ')[1], release);
  assert.equal(after[1], before[1]);
  assert.equal(await host.exec('ls /run/systemd/system | grep keelson- || :'), '');

  tell((await app.up(good)).join('\n'));
  const site = (...keys: number[]) =>
    apply(host, 'site-post', [instances('post', keys, { type: 'worker', stop: 5 })]);
  assert.deepEqual(await site(1, 2), []);
  assert.deepEqual(await site(1), ['change instances post running 1,2 → 1']);
  await host.exec('systemctl start post@2.service');
  assert.deepEqual(await site(1), ['drift  instances post running 1,2 → 1']);
}

const server = (status: number, mark: string) => `// ${mark}
require('http').createServer((_, response) => { response.statusCode = ${status}; response.end('${mark}'); }).listen(process.env.PORT, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

async function alone(tell: Tell, host: DebianHost): Promise<void> {
  const app = new App(host, 'wiki', '/usr/bin/node main', {
    type: 'web',
    instances: [4300],
    single: true,
    drain: 30,
  });
  const health: Health = { by: 'http', host: 'localhost', path: '/', status: 200, answers: 3 };
  app.code = server(200, 'one');
  tell((await app.up(health)).join('\n'));
  const release = app.release;
  app.code = server(200, 'two');
  const began = performance.now();
  const second = await app.up(health);
  tell(`${second.join('\n')}\nin all ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const [, away] = /4300 release \w{8} → current in (\d+\.\d) s/.exec(second.join('\n')) ?? [];
  assert.ok(Number(away) < 10, second.join('\n'));
  assert.equal(await host.exec('curl -s http://127.0.0.1:4300/'), 'two');

  const good = app.release;
  assert.notEqual(good, release);
  app.code = server(500, 'three');
  const failed = await app.tryUp(health);
  assert.match(
    failed.stderr,
    /4300 on \w{8} was not healthy within 6 s: it answered 500, not 200, to http:\/\/127.0.0.1:4300\/ \([^)]*\); all instances are on \w{8} as before/,
  );
  tell(failed.stderr);
  assert.equal(await host.exec('curl -s http://127.0.0.1:4300/'), 'two');
}

for (const release of triedOn('trixie'))
  test(`a static site and jobs on ${release}`, (t) => stillOn(t, release));
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
