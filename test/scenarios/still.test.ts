/** A static site and a job on a real host, by the whole kit: releases, runs, drift, other types, removal. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { triedOn } from '../harness/releases.ts';
import { assertNothingToDo, type Stack, testStack } from '../harness/stack.ts';

const script = (mark: string): string => `
const { existsSync, readFileSync } = require('node:fs');
console.log('${mark} begins');
const file = process.env.DATA_DIR + '/do';
const { wait = 0, exit = 0, gate } = existsSync(file) ? JSON.parse(readFileSync(file)) : {};
const end = () => { console.log('${mark} ends in ' + process.cwd()); process.exit(exit); };
if (gate) setInterval(() => { if (existsSync(process.env.DATA_DIR + '/go')) end(); }, 100);
else setTimeout(end, wait * 1000);
`;

class Trial {
  readonly host: DebianHost;
  readonly stack: Stack;
  readonly apps: Record<string, object>;
  tell: (text: string) => void;

  constructor(t: TestContext, host: DebianHost, stack: Stack, apps: Record<string, object>) {
    this.tell = t.diagnostic.bind(t);
    this.host = host;
    this.stack = stack;
    this.apps = apps;
  }

  write(folder: string, files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.stack.directory, folder, name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, text);
    }
  }

  configure(more: Record<string, object> = {}): void {
    const apps = Object.fromEntries(
      Object.entries(this.apps).map(([name, app]) => [name, { ...app, ...more[name] }]),
    );
    this.stack.configure({ apps });
  }

  async up(more?: Record<string, object>): Promise<string> {
    this.configure(more);
    const run = said(await this.stack.up());
    this.tell(
      run
        .split('\n')
        .filter((line) => /(rollout|unit|file|drift) /.test(line))
        .join('\n'),
    );
    return run;
  }

  async fails(more: Record<string, object>, words: RegExp): Promise<void> {
    this.configure(more);
    const run = await this.stack.try('up');
    assert.notEqual(run.code, 0);
    assert.match(said(run), words);
  }

  sh = (command: string) => this.host.exec(command);
  get = async (path: string) => {
    const { status, body, headers } = await ask(this.host, path);
    return { status, body: body.trim(), cache: headers['cache-control'], to: headers.location };
  };
  /** What the next runs do. */
  next = (what: object) => this.sh(`echo '${JSON.stringify(what)}' >/srv/clean/data/do`);
  run = (name = 'clean') => this.host.tryExec(`keelson run ${name}`);
}

/** The same questions again and again while something happens, each answer but those that are expected. */
async function whileAsked(trial: Trial, paths: readonly string[], action: () => Promise<unknown>) {
  let goes = true;
  let count = 0;
  const bad: string[] = [];
  const asking = paths.map(async (path) => {
    while (goes) {
      count += 1;
      const { status } = await ask(trial.host, path).catch((error: Error) => ({
        status: error.message,
      }));
      if (status !== 200) bad.push(`${path}: ${status}`);
    }
  });
  await action();
  goes = false;
  await Promise.all(asking);
  assert.deepEqual(bad, []);
  trial.tell(`${count} requests, none lost`);
}

const pages = (mark: string): Record<string, string> => ({
  'index.html': `<title>${mark}</title>`,
  'about.html': `about ${mark}`,
  'docs/index.html': `docs ${mark}`,
  'empty/none.txt': 'x',
  '.secret': 'no',
  '.well-known/security.txt': 'Contact: a@b.de',
  '404.html': `nothing at ${mark}`,
});

async function site(trial: Trial): Promise<void> {
  const { get } = trial;
  assert.equal((await get('/')).body, '<title>one</title>');
  assert.equal((await get('/about')).body, 'about one');
  assert.deepEqual(await get('/docs'), {
    ...{ status: 301, to: '/docs/', cache: 'no-cache' },
    body: (await get('/docs')).body,
  });
  assert.equal((await get('/docs/')).body, 'docs one');
  for (const path of ['/none', '/empty/', '/.secret', '/docs/.git/config', '/none.html/'])
    assert.deepEqual(
      [path, (await get(path)).status, (await get(path)).body],
      [path, 404, 'nothing at one'],
    );
  assert.equal((await get('/.well-known/security.txt')).status, 200);
  assert.match((await get('/app.3f2a1b9c.js')).cache ?? '', /immutable/);
  assert.equal((await get('/about')).cache, 'no-cache');
  assert.equal((await get('/sw.js')).cache, 'no-store');
  const modes = await trial.sh(
    'stat -c "%U %G %a" /srv/pages/releases /srv/pages/releases/*/index.html; id -u pages >/dev/null; ls /srv/pages',
  );
  assert.equal(modes, 'root www-data 2750\nroot www-data 640\ncurrent\nreleases\n');
}

async function siteReleases(trial: Trial): Promise<void> {
  const { get } = trial;
  trial.write('pages', { ...pages('two'), 'app.99aa88b7.js': 'two' });
  await trial.sh(`rm -f ${trial.stack.directory}/none`);
  trial.write('pages', { '.keelsonignore': 'app.3f2a1b9c.js\nabout.html\n' });
  await whileAsked(trial, ['/', '/docs/', '/app.3f2a1b9c.js'], () => trial.up());
  assert.equal((await get('/')).body, '<title>two</title>');
  assert.equal((await get('/app.3f2a1b9c.js')).body, 'one');
  assert.match((await get('/app.3f2a1b9c.js')).cache ?? '', /immutable/);
  // A page that is gone is gone, and so is what no release has.
  assert.equal((await get('/about')).status, 404);
  assert.equal((await get('/app.00000a00.js')).status, 404);
  assert.equal((await get('/app.00000a00.js')).cache, undefined);
}

for (const release of triedOn('trixie'))
  test(`a static site and jobs on ${release}`, (t) => stillOn(t, release));

/** Makes one app of each kind and uses them. */
async function stillOn(t: TestContext, release: 'bookworm' | 'trixie'): Promise<void> {
  const host = await testHost(t, { release, user: 'admin' });
  const stack = await testStack(t, host, {});
  const clean = {
    ...{ type: 'job', source: './clean', start: 'clean.js', at: '*-*-* 03:30', data: ['data'] },
    ...{ timeout: '3s', stopTimeout: '1s', heartbeat: 'BEAT', catchUp: true },
  };
  const source = (name: string) => join(stack.directory, name);
  const trial = new Trial(t, host, stack, {
    pages: {
      ...{ type: 'static', source: source('pages'), domains: ['default'] },
      cache: { '/sw.js': 'no-store' },
      headers: { 'X-Frame-Options': 'DENY' },
    },
    clean: { ...clean, source: source('clean') },
    turn: { type: 'worker', source: source('turn'), start: 'work.js', healthy: { stay: '1s' } },
  });
  trial.write('turn', { 'work.js': 'setInterval(() => {}, 1000)', 'index.html': 'turned' });
  trial.write('pages', { ...pages('one'), 'app.3f2a1b9c.js': 'one', 'sw.js': 'sw' });
  trial.write('clean', { 'clean.js': script('one'), 'no.js': 'process.exit(3)' });
  await stack.setSecret('clean.BEAT', 'http://127.0.0.1:9/beat');
  await t.test('both come up, and a second run does nothing', async () => {
    await trial.up();
    await assertNothingToDo(stack);
  });
  await t.test('a site is served', () => site(trial));
  await t.test('a site is released anew', () => siteReleases(trial));
  await t.test('a job runs', () => jobRuns(trial));
  await t.test('a job is released anew', () => jobReleases(trial));
  await t.test('drift is put right', () => drift(trial));
  await t.test('an app becomes another type', () => otherTypes(trial));
  await t.test('back, and away', () => backAndAway(trial));
}

const beats = `require('node:http').createServer((q, r) => { console.log(q.url); r.end(); }).listen(9)`;

async function jobRuns(trial: Trial): Promise<void> {
  const { sh, run } = trial;
  // The first deployment runs nothing.
  assert.equal(await sh('journalctl -q -o cat _SYSTEMD_UNIT=clean.service'), '');
  assert.match(await sh('systemctl list-timers --no-legend clean.timer'), /03:30:00/);
  await sh(`systemd-run -q --unit=beats node -e "${beats}"; sleep 0.5`);
  const good = await run();
  assert.deepEqual([good.code, good.stderr], [0, '']);
  assert.match(good.stdout, /^one begins\none ends in \/srv\/clean\/releases\/[0-9a-f]{64}\n$/);

  await trial.next({ exit: 7, wait: 1 });
  const failing = trial.run();
  await sh('sleep 0.6');
  const second = await run();
  assert.deepEqual([second.code, second.stdout], [1, '']);
  assert.match(second.stderr, /clean runs already, and never twice at once/);
  const failed = await failing;
  assert.deepEqual([failed.code, failed.stderr], [7, 'keelson: clean exited with status 7\n']);

  await trial.next({ wait: 60 });
  const late = await run();
  assert.deepEqual(
    [late.code, late.stderr],
    [124, 'keelson: clean took longer than it may, and was ended\n'],
  );
  assert.match(late.stdout, /^one begins\n$/);
  await sh('sleep 1');
  assert.equal(
    await sh('journalctl -q -o cat _SYSTEMD_UNIT=beats.service'),
    '/beat\n/beat/fail\n/beat/fail\n',
  );
  assert.match((await run('nobody')).stderr, /there is no job nobody here; choose among: clean/);
  assert.match(
    await sh('systemctl show -p OnFailure clean.service'),
    /keelson-failed@clean.service.service/,
  );
}

/** The settings of the job in the end. */
const settled = {
  clean: { keep: 2, timeout: '1h', rollout: { before: ['node', 'slow.js'] } },
};

async function jobReleases(trial: Trial): Promise<void> {
  const { sh, run } = trial;
  await trial.next({ wait: 25 });
  trial.write('clean', { 'clean.js': script('two') });
  await trial.fails({ clean: { at: '25:00' } }, /apps\.clean\.at: .*is no time of the calendar/);
  const before = await sh('ls /srv/clean/releases; systemctl show -p ActiveState clean.timer');
  await trial.fails({ clean: { at: '*-02-30' } }, /never/);
  assert.equal(
    await sh('ls /srv/clean/releases; systemctl show -p ActiveState clean.timer'),
    before,
  );

  // One that goes on ends in its own release; a hook that fails leaves all as it was, its timer too.
  await trial.up({ clean: { timeout: '1h', at: '04:15' } });
  await trial.next({ gate: true });
  const running = run();
  await sh('sleep 0.5');
  trial.write('clean', { 'clean.js': script('three') });
  const bad = { at: '05:00', timeout: '2h', rollout: { before: ['node', 'no.js'] } };
  await trial.fails(
    { clean: bad },
    /rollout clean: the hook "before" failed: node no\.js; [0-9a-f]{8} is current as before/,
  );
  assert.match(
    await sh('systemctl list-timers --no-legend clean.timer; cat /etc/systemd/system/clean.*'),
    /04:15:00/,
  );
  assert.doesNotMatch(await sh('cat /etc/systemd/system/clean.*'), /05:00|7200s/);
  await trial.up({ clean: { keep: 2, timeout: '1h' } });
  trial.write('clean', { 'clean.js': script('four') });
  await trial.up({ clean: { keep: 2, timeout: '1h' } });
  await sh('touch /srv/clean/data/go');
  const { code, stdout } = await running;
  await sh('rm /srv/clean/data/go');
  assert.equal(code, 0);
  assert.match(stdout, /^two begins\ntwo ends in /);
  await trial.next({});
  assert.match((await run()).stdout, /^four begins\nfour ends/);

  // A run that is due while the release moves waits for it.
  trial.write('clean', { 'clean.js': script('five'), 'slow.js': 'setTimeout(() => {}, 4000)' });
  const moving = trial.up(settled);
  await sh(
    'until systemctl is-active -q keelson_before@clean.service || [ "$(systemctl show -p ActiveState --value keelson_before@clean.service)" = activating ]; do sleep 0.2; done',
  );
  assert.match((await run()).stdout, /^five begins\nfive ends/);
  await moving;
  await assertNothingToDo(trial.stack);
}

async function drift(trial: Trial): Promise<void> {
  const { sh } = trial;
  const other = (app: string) =>
    `cd /srv/${app} && ln -sfn "$(ls -d "$PWD"/releases/* | grep -v "$(readlink current)" | head -n 1)" current`;
  await sh(`systemctl disable --now clean.timer; ${other('clean')}; ${other('pages')}`);
  const run = await trial.up(settled);
  for (const line of [
    'drift  rollout pages current',
    'drift  rollout clean current',
    'unit clean.timer enabled disabled →',
    'unit clean.timer active inactive →',
  ])
    assert.ok(run.includes(line), `${line}\n${run}`);
  assert.equal((await trial.get('/')).body, '<title>two</title>');
  await assertNothingToDo(trial.stack);
}

/** What is there of it on the host. */
const traces = `ls -d /etc/systemd/system/turn* /etc/keelson/turn/* /etc/nginx/keelson.d/turn* 2>/dev/null
  systemctl list-units --all --plain --no-legend 'turn*' | awk '$3 != "inactive" { print $1, $3 }'
  find /etc/systemd/system -type l -name 'turn*'`;

async function otherTypes(trial: Trial): Promise<void> {
  const { sh, apps } = trial;
  const { source } = apps.turn as { source: string };
  assert.match(await sh(traces), /turn@1.service active/);
  apps.turn = { type: 'job', source, start: 'work.js', every: '1d' };
  await trial.up(settled);
  assert.equal(
    await sh(traces),
    `/etc/keelson/turn/environment
/etc/keelson/turn/hook.service
/etc/systemd/system/turn.service
/etc/systemd/system/turn.timer
turn.timer active
/etc/systemd/system/timers.target.wants/turn.timer
`,
  );
  await assertNothingToDo(trial.stack);
  apps.turn = { type: 'static', source, domains: ['turn.example'] };
  await trial.up(settled);
  assert.equal(await sh(traces), '/etc/nginx/keelson.d/turn\n/etc/nginx/keelson.d/turn.conf\n');
  assert.equal((await ask(trial.host, '/', { domain: 'turn.example' })).body, 'turned');
  await assertNothingToDo(trial.stack);
}

async function backAndAway(trial: Trial): Promise<void> {
  const { sh } = trial;
  const [former = ''] = (await sh('readlink /srv/pages/previous | sed s,.*/,,')).trim().split('\n');
  await trial.up({ ...settled, pages: { release: former.slice(0, 8) } });
  assert.equal((await trial.get('/about')).body, 'about one');
  await trial.stack.destroy();
  const left = await sh(
    'ls -d /srv/pages /srv/clean/current /etc/systemd/system/clean* /var/lib/systemd/timers/stamp-clean.timer /etc/nginx/keelson.d /run/systemd/system/*clean* 2>/dev/null; systemctl list-units --all --plain --no-legend "clean*" "keelson_*"; find /etc/systemd/system -name "clean*"; find /srv',
  );
  assert.equal(left, '/srv\n/srv/clean\n/srv/clean/data\n/srv/clean/data/do\n');
}
