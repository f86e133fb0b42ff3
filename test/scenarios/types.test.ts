/** Rollouts of workers and of one web instance alone, by the helper itself, on a host of their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
import { type DebianHost, testHost } from '../harness/host.ts';

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
