/** The status of a host with two apps: told by the helper, and served as a page, as JSON and as metrics. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Status, statusSchema } from '../../components/host/status.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { type Asked, ask } from '../harness/http.ts';
import { does, read, waitFor, write } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, changed, type Stack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { samplesOf } from '../unit/prometheus.ts';

const domain = 'status.example.com';
const password = 'correct horse: battery';
const login = (given: string): Asked => ({
  domain,
  headers: { authorization: `Basic ${Buffer.from(`status:${given}`).toString('base64')}` },
});

/** The small app, a worker beside it, and a server with these settings of its status. */
function configure(stack: Stack, status?: object): void {
  const { server, apps } = config(codeOf(stack)) as { server: object; apps: object };
  const source = join(stack.directory, 'mailer');
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'worker.js'), 'setInterval(() => {}, 1000);\n');
  const mailer = { type: 'worker', source, start: 'worker.js', healthy: { stay: '1s' } };
  stack.configure({
    server: { ...server, monit: { interval: '5s' }, ...(status && { status }) },
    apps: { ...apps, mailer },
  });
}

const told = async (host: DebianHost): Promise<Status> =>
  statusSchema.parse(JSON.parse(await host.exec('keelson status')));

const renew = (host: DebianHost) => host.exec('systemctl start keelson-status.service');

for (const release of triedOn('trixie'))
  test(`status (${release})`, async (t) => {
    const { host, stack } = await provisionedHost(t, { release });
    await inOrder(t, [
      ['without the setting nothing is served, and the helper tells', () => off(host)],
      ['without a password the setting is refused', () => refused(stack)],
      ['the page and all beside it want the password', () => guarded(host, stack)],
      ['JSON and metrics tell both apps, and an instance that was killed', () => killed(host)],
      ['what others wrote is inert', () => inert(host)],
      ['what it costs', async () => t.diagnostic(await cost(host))],
      ['who is not on the list is turned away', () => listed(host, stack)],
      ['without the setting it is gone', () => gone(host, stack)],
    ]);
  });

async function off(host: DebianHost): Promise<void> {
  const { apps, host: own } = await told(host);
  assert.deepEqual(
    apps.map(({ name, instances }) => [name, instances.map(({ state }) => state)]),
    [['shop', ['active', 'active']]],
  );
  assert.equal(own.name, 'web1');
  assert.ok(
    !(await does(host, 'test -e /var/lib/keelson-status || systemctl cat keelson-status.timer')),
  );
}

async function refused(stack: Stack): Promise<void> {
  configure(stack, { domain });
  const run = await stack.try('preview');
  assert.notEqual(run.code, 0);
  assert.match(said(run), /server\.status: has no password or `allow` yet; .*statusPassword/);
}

async function guarded(host: DebianHost, stack: Stack): Promise<void> {
  const key = 'keelson:serverSecrets.statusPassword';
  await stack.pulumi(['config', 'set', '--secret', '--path', key, '--stack', stack.name], password);
  await stack.up();
  await waitFor(host, 'test -f /var/lib/keelson-status/index.html');
  const paths = ['/', '/index.html', '/status.json', '/metrics', '/style.css', '/script.js'];
  for (const path of paths) {
    assert.equal((await ask(host, path, { domain })).status, 401, path);
    assert.equal((await ask(host, path, login(password))).status, 200, path);
  }
  assert.equal((await ask(host, '/', login(`${password}!`))).status, 401);
  for (const path of ['/history', '/.index.html.new', '/users', '/.keelson'])
    assert.equal((await ask(host, path, login(password))).status, 404, path);
  const { headers } = await ask(host, '/', login(password));
  assert.match(String(headers['content-security-policy']), /^default-src 'none'/);
  assert.equal(
    await host.exec('stat -c "%U:%G %a" /etc/keelson/status/users'),
    'root:www-data 640\n',
  );
  const again = await stack.up();
  assert.deepEqual(changed(again), [], said(again));
}

async function killed(host: DebianHost): Promise<void> {
  await host.exec('systemctl kill --signal=KILL --kill-whom=main shop@3700.service');
  await waitFor(host, 'curl -fs -o /dev/null http://127.0.0.1:3700/');
  // Monit hears of one round in the next.
  await waitFor(host, `keelson status | grep -c '"good": true' | grep -q 3`, 60);
  await renew(host);
  const { apps, lastDeploy, problems } = statusSchema.parse(
    JSON.parse((await ask(host, '/status.json', login(password))).body),
  );
  const [mailer, shop] = apps;
  assert.deepEqual([mailer?.name, mailer?.type, shop?.name], ['mailer', 'worker', 'shop']);
  assert.deepEqual(
    shop?.instances.map(({ key, restarts, health }) => [key, restarts, health?.good]),
    [
      ['3700', 1, true],
      ['3701', 0, true],
    ],
  );
  for (const { memoryBytes, cpuPercent } of shop?.instances ?? [])
    assert.ok(Number(memoryBytes) > 20e6 && cpuPercent !== null, `${memoryBytes} ${cpuPercent}`);
  assert.deepEqual([lastDeploy?.app, lastDeploy?.result, problems], ['mailer', 'done', []]);
  const metrics = await ask(host, '/metrics', login(password));
  assert.match(String(metrics.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  const restarts = samplesOf(metrics.body).filter(
    ({ name }) => name === 'keelson_instance_restarts_total',
  );
  assert.deepEqual(
    restarts.filter(({ labels }) => labels.app === 'shop').map(({ value }) => value),
    [1, 0],
  );
}

async function inert(host: DebianHost): Promise<void> {
  const before = await read(host, '/etc/debian_version');
  await write(host, '/etc/debian_version', `<script src="//x"></script>"'&\\ $(id)\n`);
  await renew(host);
  const { body } = await ask(host, '/', login(password));
  assert.ok(
    body.includes('&lt;script src=&quot;//x&quot;&gt;&lt;/script&gt;&quot;&#39;&amp;\\ $(id)'),
  );
  assert.deepEqual(body.match(/<script[^>]*>/g), ['<script src="script.js" defer>']);
  assert.equal((await told(host)).host.debian, `<script src="//x"></script>"'&\\ $(id)`);
  samplesOf((await ask(host, '/metrics', login(password))).body);
  await write(host, '/etc/debian_version', before);
}

/** CPU time of one run, the mean of ten, of which the journal is not told. */
async function cost(host: DebianHost): Promise<string> {
  const used = async () => {
    const own = 'systemctl show -p CPUUsageNSec --value keelson-status.service';
    return Number(await host.exec(`systemctl start keelson-status.service && ${own}`)) / 1e6;
  };
  let sum = 0;
  for (let run = 0; run < 10; run += 1) sum += await used();
  const said = await host.exec('journalctl -q -o cat -u keelson-status.service');
  assert.equal(said, '', 'each run is in the journal');
  return `one run takes ${(sum / 10).toFixed(0)} ms of CPU`;
}

async function listed(host: DebianHost, stack: Stack): Promise<void> {
  configure(stack, { domain, allow: ['192.0.2.1'] });
  await stack.up();
  assert.equal((await ask(host, '/', login(password))).status, 403);
  assert.equal((await ask(host, '/metrics', login(password))).status, 403);
}

async function gone(host: DebianHost, stack: Stack): Promise<void> {
  configure(stack);
  await stack.up();
  const left =
    'ls -d /var/lib/keelson-status /etc/keelson/status /etc/systemd/system/keelson-status* /etc/nginx/keelson.d/0-status* 2>/dev/null; systemctl list-timers --all | grep keelson-status';
  assert.equal((await host.tryExec(left)).stdout, '');
  // The shop is whoever asks for no other site.
  assert.equal((await ask(host, '/', { domain })).body, 'ok\n');
  await assertNothingToDo(stack);
}
