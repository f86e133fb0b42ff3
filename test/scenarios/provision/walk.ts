/** An app on a fresh host: what is promised of it is tried there, not read from files. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Release } from '../../../tools/container/base.ts';
import { run } from '../../../tools/lib/process.ts';
import { said } from '../../../tools/lib/pulumi-run.ts';
import { assertExposure } from '../../harness/exposure.ts';
import { type DebianHost, testHost } from '../../harness/host.ts';
import { ask } from '../../harness/http.ts';
import { nodeTarball } from '../../harness/node.ts';
import { mainPids, waitFor } from '../../harness/on-host.ts';
import { integer, pick, type Random, seeded } from '../../harness/random.ts';
import { assertNothingToDo, changed, release, type Stack, testStack } from '../../harness/stack.ts';
import { inOrder, type Step } from '../../harness/steps.ts';

const domain = 'shop.example.com';

const keys = mkdtempSync(join(tmpdir(), 'keelson-'));
after(() => rmSync(keys, { recursive: true }));
const deployKey = join(keys, 'deploy');
execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-C', 'ci', '-f', deployKey]);

// What shells, systemd, YAML and JSON read in ways of their own, beside plain letters.
const signs = [
  ...'abcXYZ019 _-=:,.;#$`"\'\\|&<>()[]{}!?*~%^@/\t\n',
  ...['é', 'ß', '日', '🎉', '\u00a0'],
];

/** Without line breaks at its start, which Pulumi loses when it writes a stack file anew. */
const nasty = (random: Random): string =>
  Array.from({ length: integer(random, 0, 24) }, () => pick(random, signs))
    .join('')
    .replace(/^\n+/, '');

const random = seeded(20);
const env: Record<string, string> = {
  UPLOADS: '/srv/shop/uploads',
  ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`V${index}`, nasty(random)])),
};
const secret = 'a "quoted" $HOME `id` \\n # no comment\nsecond line; é 🎉 %i ';

/** The sample app with a static file. */
function source(stack: Stack, mark: string): string {
  const directory = release(stack, mark);
  mkdirSync(join(directory, 'public'), { recursive: true });
  writeFileSync(join(directory, 'public/app.js'), `console.log('${mark}');\n`);
  return directory;
}

const shop = (stack: Stack, given: object = {}) => ({
  source: source(stack, 'one'),
  start: 'server.js',
  domains: [domain],
  health: '/health',
  env,
  uploads: { '/media': 'uploads' },
  static: { '/assets': 'public' },
  logs: { to: 'files' },
  stopTimeout: '5s',
  rollout: { watch: '0s', drain: '1s', answers: 1, start: '30s' },
  ...given,
});

const alerts = { to: 'ops@example.com', server: '127.0.0.1', port: 2525 };
const server = {
  deploy: { keys: [readFileSync(`${deployKey}.pub`, 'utf8').trim()] },
  monit: { interval: '5s', alerts },
  updates: {},
};

/** Logs in as the deploy user and runs a command; whether that went well. */
async function deploys(host: DebianHost, command: string): Promise<boolean> {
  const options = host.sshArguments
    .slice(0, -1)
    .map((word) => (word === host.identity ? deployKey : word));
  return (await run('ssh', [...options, `deploy@${host.address}`, command])).code === 0;
}

/** Runs a command on the host as a user; whether that user may. */
async function may(host: DebianHost, user: string, command: string): Promise<boolean> {
  return (await host.tryExec(`runuser -u ${user} -- sh -c '${command}' 2>&1`)).code === 0;
}

const mainPid = async (host: DebianHost, port = 3700): Promise<number> =>
  (await mainPids(host, `shop@${port}.service`))[0] ?? 0;

/** Waits until an instance has another main process, and answers. */
async function replaced(host: DebianHost, pid: number, seconds: number): Promise<void> {
  const now = 'now=$(systemctl show --property=MainPID --value shop@3700.service)';
  const healthy = 'curl -sf --max-time 1 http://127.0.0.1:3700/health';
  await waitFor(host, `${now} && [ $now != 0 ] && [ $now != ${pid} ] && ${healthy}`, seconds);
}

const walk: [string, (host: DebianHost, stack: Stack) => Promise<void>][] = [
  ['the app answers through nginx, to its name alone', servedByName],
  ['nginx serves static files and uploads by itself', servedByNginx],
  ['users may do what they need and nothing else', permissions],
  ['the deploy user controls the units of the app and nothing else', sudo],
  ['values of the environment arrive as they were written', environment],
  ['the sandbox is as tight as it can be for Node.js', sandbox],
  ['logs are rotated, and written on', logs],
  ['instances that crash, hang or are reloaded come back', recovery],
  ['all of it comes back by itself when the host boots', reboot],
  ['a change of one setting updates one thing', oneSetting],
  ['instances, upstream and checks come and go together', instances],
  ['a second app with another Node.js comes and goes without a trace', secondApp],
  ['after destroy nothing is left but uploads and logs', destroyed],
];

/** Provisions a fresh host of a release, as a user, and walks through all that is promised of it. */
export function provisions(codename: Release, user: string): void {
  test(`${codename}, by the user ${user}`, async (t) => {
    const host = await testHost(t, { release: codename, user, cpus: 2 });
    const stack = await testStack(t, host, {});
    await stack.setSecret('shop.TOKEN', secret);
    stack.configure({ server, apps: { shop: shop(stack) } });
    await inOrder(t, [
      ['the first up provisions all', async () => void (await stack.up())],
      ['the second has nothing to do', () => assertNothingToDo(stack)],
      ...walk.map(([title, check]): Step => [title, () => check(host, stack)]),
    ]);
  });
}

async function servedByName(host: DebianHost): Promise<void> {
  const { status, body } = await ask(host, '/', { domain });
  assert.equal(status, 200);
  assert.match(body, /instance 370[01]/);
  await assert.rejects(
    ask(host, '/', { domain: 'other.example.com' }),
    'another name got an answer',
  );
  await assert.rejects(ask(host, '/'), 'the address got an answer');
  const sent = { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' };
  const seen = JSON.parse((await ask(host, '/headers', { domain, headers: sent })).body);
  assert.equal(seen.host, domain);
  // What the client claims about itself is not passed on.
  assert.equal(seen['x-forwarded-for'], seen['x-real-ip']);
  assert.notEqual(seen['x-forwarded-for'], '1.2.3.4');
  assert.equal(seen['x-forwarded-proto'], 'http');
  await chosenByName(host);
  const upgrade = await host.exec(
    `curl -si --max-time 5 -N -H 'Host: ${domain}' -H 'Connection: Upgrade' -H 'Upgrade: websocket' ` +
      `-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' ` +
      `http://127.0.0.1/ | head -n 1`,
  );
  assert.match(upgrade, /101 Switching Protocols/);
}

/** What the app hears of the name and of an upgrade that a client asked for. */
async function chosenByName(host: DebianHost): Promise<void> {
  const heard = async (path: string, sent: Record<string, string>) =>
    JSON.parse((await ask(host, path, { domain, headers: sent })).body);
  assert.equal((await heard('/headers', { host: `${domain}:8080` })).host, `${domain}:8080`);
  // The request line chooses the site, whatever the header says.
  for (const evil of ['evil.example', 'evil.example:80', `${domain}.evil.example:80`]) {
    const told = await heard(`http://${domain}/headers`, { host: evil });
    assert.deepEqual([told.host, told['x-forwarded-host']], [domain, domain], evil);
  }
  const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMA' };
  const told = await heard('/headers', h2c);
  assert.deepEqual([told.connection, told.upgrade], ['close', undefined]);
}

async function servedByNginx(host: DebianHost): Promise<void> {
  const file = await ask(host, '/assets/app.js', { domain });
  assert.equal(file.body, "console.log('one');\n");
  assert.equal((await ask(host, '/assets/missing.js', { domain })).status, 404);
  const sent = await ask(host, '/upload?name=a.txt', { method: 'POST', domain, body: 'hello' });
  assert.equal(sent.status, 201);
  const { body, headers } = await ask(host, '/media/a.txt', { domain });
  assert.equal(body, 'hello');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  await host.exec('ln -s /etc/passwd /srv/shop/uploads/link');
  assert.equal((await ask(host, '/media/link', { domain })).status, 403);
  await host.exec('rm /srv/shop/uploads/link');
  const big = { method: 'POST', domain, body: Buffer.alloc(11 * 1024 * 1024) };
  assert.equal((await ask(host, '/echo', big)).status, 413);
  // Neither is in the app's own hands: it is not asked at all.
  // The target has ended before the instances have that it takes along.
  await host.exec('systemctl stop shop.target shop@3700.service shop@3701.service');
  assert.equal((await ask(host, '/assets/app.js', { domain })).status, 200);
  assert.equal((await ask(host, '/media/a.txt', { domain })).status, 200);
  assert.equal((await ask(host, '/', { domain })).status, 502);
  await host.exec('systemctl start shop.target');
}

async function permissions(host: DebianHost): Promise<void> {
  const code = '/srv/shop/current/server.js';
  const table: [string, boolean, string][] = [
    ['shop', true, `cat ${code}`],
    ['shop', false, `echo x >>${code}`],
    ['shop', false, 'touch /srv/shop/current/x'],
    ['shop', false, 'touch /srv/shop/x'],
    ['shop', false, 'rm /srv/shop/current'],
    ['shop', false, 'chmod u+w /srv/shop/current/server.js'],
    ['shop', true, 'touch /srv/shop/uploads/b.txt'],
    ['shop', true, 'cat /etc/keelson/shop/environment'],
    ['shop', false, 'echo X=1 >>/etc/keelson/shop/environment'],
    ['shop', false, 'ls /var/log/shop'],
    ['shop', false, 'ls /srv/shop/public'],
    ['www-data', true, 'cat /srv/shop/uploads/a.txt'],
    ['www-data', true, 'cat /srv/shop/public/current/public/app.js'],
    ['www-data', false, `cat ${code}`],
    ['www-data', false, 'ls /srv/shop/releases'],
    ['www-data', false, 'cat /etc/keelson/shop/environment'],
    ['nobody', false, `cat ${code}`],
    ['nobody', false, 'ls /srv/shop/releases'],
    ['nobody', false, 'ls /srv/shop/uploads'],
    ['nobody', false, 'ls /srv/shop/public'],
    ['nobody', false, 'cat /etc/keelson/shop/environment'],
    ['nobody', false, 'ls /var/log/shop'],
    ['nobody', false, 'monit status'],
    ['shop', false, 'curl -sf --unix-socket /run/monit.sock http://localhost/'],
  ];
  for (const [user, allowed, command] of table)
    assert.equal(await may(host, user, command), allowed, `${user}: ${command}`);
  assert.equal(
    await host.exec('stat -c "%U:%G %a" /srv/shop/uploads/a.txt'),
    'shop:www-data 660\n',
  );
  assert.match(await host.exec('getent shadow shop'), /^shop:[!*]/);
}

/** Over SSH and with its own key, as from a pipeline. */
async function sudo(host: DebianHost): Promise<void> {
  await host.exec('visudo -c');
  const systemctl = 'sudo -n systemctl --no-pager';
  for (const command of ['restart shop@3700.service', 'status shop@3701.service'])
    assert.ok(await deploys(host, `${systemctl} ${command}`), command);
  for (const command of ['restart shop@3700', 'status shop.target'])
    assert.ok(await deploys(host, `sudo -n systemctl ${command}`), command);
  // The sample app ends when it is told to reload, and is started again.
  const pid = await mainPid(host);
  assert.ok(await deploys(host, `${systemctl} reload shop.target`), 'reload');
  await replaced(host, pid, 20);
  for (const command of [
    `${systemctl} restart ssh.service`,
    `${systemctl} restart shop@3700.service ssh.service`,
    `${systemctl} restart shop@3709.service`,
    `${systemctl} edit shop@3700.service`,
    'sudo -n systemctl status',
    'sudo -n cat /etc/shadow',
    'cat /etc/keelson/shop/environment',
    'echo x >>.ssh/authorized_keys',
  ])
    assert.ok(!(await deploys(host, command)), command);
}

async function environment(host: DebianHost): Promise<void> {
  const encoded = await host.exec(`base64 -w0 /proc/${await mainPid(host)}/environ`);
  const pairs = Buffer.from(encoded, 'base64').toString().split('\0');
  const seen = new Map(
    pairs.map((pair) => [pair.replace(/=.*/s, ''), pair.replace(/^[^=]*=/, '')]),
  );
  for (const [name, value] of Object.entries({ ...env, TOKEN: secret, PORT: '3700' }))
    assert.equal(seen.get(name), value, name);
  assert.equal(seen.get('NODE_ENV'), 'production');
  assert.equal(seen.get('UPLOADS_DIR'), '/srv/shop/uploads');
}

async function sandbox(host: DebianHost): Promise<void> {
  await assertExposure(host, {
    ...{ 'shop@3700': 1.2, nginx: 4, monit: 3, 'keelson-filter': 1.7 },
    ...{ 'keelson-logrotate': 2, 'keelson-retry@x': 1.4, 'keelson-failed@x': 1.4 },
  });
}

async function logs(host: DebianHost): Promise<void> {
  const [apps, memory] = ['/etc/keelson/logrotate.d/*.conf', '/var/lib/keelson/logrotate'];
  const tried = await host.exec(`logrotate -d /etc/logrotate.conf ${apps} 2>&1`);
  assert.doesNotMatch(tried, /^error:/m);
  const timer = await host.exec('systemctl show --property=TimersCalendar logrotate.timer');
  assert.match(timer, /^TimersCalendar=\{ OnCalendar=\*-\*-\* \*:00:00 [^{]*\}$/m);
  await host.exec(`logrotate -f /etc/logrotate.conf && logrotate -f -s ${memory} ${apps}`);
  await host.exec('systemctl restart shop@3700.service');
  await replaced(host, 0, 20);
  await ask(host, '/?after-rotation', { domain });
  await host.exec('test -s /var/log/shop/3700.log.1 && grep listens /var/log/shop/3700.log');
  const access = '/var/log/nginx/shop.access.log';
  assert.equal(await host.exec(`grep -c after-rotation ${access}; test -s ${access}.1`), '1\n');
  assert.equal(await host.exec(`stat -c "%U:%G %a" ${access}`), 'www-data:adm 640\n');
  assert.match(
    await host.exec(`tail -n 1 ${access}`),
    /upstream=127\.0\.0\.1:370[01] .*upstream_time=0\./,
  );
}

/** What ends; what hangs, leaks or is late is seen by `npm run recovery`. */
async function recovery(host: DebianHost): Promise<void> {
  const crashed = await mainPid(host);
  await host.exec(`kill -KILL ${crashed}`);
  await replaced(host, crashed, 15);
  const reloaded = await mainPid(host);
  await host.exec('systemctl reload shop@3700.service');
  await replaced(host, reloaded, 15);
}

async function oneSetting(host: DebianHost, stack: Stack): Promise<void> {
  const pid = await mainPid(host);
  stack.configure({ server, apps: { shop: shop(stack, { maintenance: 'Back at noon' }) } });
  assert.deepEqual(changed(await stack.up()), ['update server-site-shop']);
  assert.equal(await mainPid(host), pid);
  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const body = method === 'GET' ? {} : { body: Buffer.alloc(11 * 1024 * 1024) };
    const page = await ask(host, '/assets/app.js', { domain, method, ...body });
    assert.deepEqual([page.status, page.headers['retry-after']], [503, '120'], method);
    assert.match(page.body, /Back at noon/);
  }
  assert.equal((await ask(host, '/health', { domain })).status, 200);
  await assertNothingToDo(stack);
}

/** What runs, what nginx asks and what Monit watches. */
async function counts(host: DebianHost): Promise<string[]> {
  return await Promise.all(
    [
      "systemctl list-units --no-legend --plain --state=active 'shop@*.service' | cut -d ' ' -f 1",
      "nginx -T 2>/dev/null | sed -n 's/^\\s*server 127.0.0.1:\\([0-9]*\\).*/\\1/p'",
      "monit -B summary | sed -n 's/^ shop-\\([0-9]*\\).*/\\1/p'",
    ].map(async (command) =>
      (await host.exec(command))
        .replace(/[^\d\n]/g, '')
        .trim()
        .split('\n')
        .sort()
        .join(),
    ),
  );
}

async function instances(host: DebianHost, stack: Stack): Promise<void> {
  const [two, four] = ['3700,3701', '3700,3701,3702,3703'];
  // Shown as twice as many, since not every machine that tests has four.
  const nproc = '/usr/local/bin/nproc';
  await host.exec(
    `printf '#!/bin/sh\\necho $(($(/usr/bin/nproc) * 2))\\n' >${nproc}; chmod 0755 ${nproc}`,
  );
  stack.configure({ server, apps: { shop: shop(stack) } });
  await stack.up();
  assert.deepEqual(await counts(host), [four, four, four]);
  await assertNothingToDo(stack);
  // One core has two instances all the same: a restart of a single one is an outage.
  await host.setCpus(1);
  await host.exec(`rm ${nproc}`);
  await stack.up();
  assert.deepEqual(await counts(host), [two, two, two]);
  await host.setCpus(2);
}

/** What is in service must not need anybody to come and run `up`. */
async function reboot(host: DebianHost, stack: Stack): Promise<void> {
  // Kept by the network's namespace, which outlives the container.
  await host.exec('sysctl -q -w net.core.somaxconn=4096');
  await host.powerOff();
  await host.boot();
  // Node.js takes a moment; nginx is faster, and says so.
  await waitFor(host, `curl -sf -H 'Host: ${domain}' http://127.0.0.1/`, 15);
  assert.equal((await ask(host, '/', { domain })).status, 200);
  const active = 'systemctl is-active shop@3700 shop@3701 nginx monit';
  assert.equal(await host.exec(active), 'active\n'.repeat(4));
  assert.equal(await host.exec('sysctl -n net.core.somaxconn'), '8192\n');
  await assertNothingToDo(stack);
}

async function secondApp(host: DebianHost, stack: Stack): Promise<void> {
  const node = nodeTarball(stack.directory);
  const blog = {
    ...shop(stack),
    node,
    domains: ['blog.example.com'],
    port: 5000,
    env: { UPLOADS: '/srv/media' },
    onRemove: 'delete',
    // As strict as it can be: through the socket that systemd holds it is reached all the same.
    listen: 'socket',
    sandbox: { network: 'none', jit: false, netlink: false, writable: ['/srv/media'] },
    openFiles: 2048,
    gzip: false,
    rateLimit: { requests: 5, burst: 5 },
  };
  await host.exec('install -d -m 1777 /srv/media');
  stack.configure({ server, apps: { shop: shop(stack), blog } });
  // A person who is called so keeps the account; nothing is begun before that is clear.
  await host.exec('useradd --create-home --shell /bin/bash blog');
  const refused = await stack.try('preview');
  assert.notEqual(refused.code, 0);
  assert.match(said(refused), /user blog is there already, and Keelson did not make it; choose/);
  await host.exec('userdel --remove blog');
  // The new Node.js is in one manifest with the timer, which it does not concern.
  assert.doesNotMatch(said(await stack.up()), /unit logrotate\.timer/);
  await assertNothingToDo(stack);
  const running = async (name: string) =>
    /Node\.js (v[0-9.]+)/.exec((await ask(host, '/', { domain: name })).body)?.[1];
  assert.equal(await running('blog.example.com'), `v${node.version}`);
  assert.notEqual(await running(domain), `v${node.version}`);
  const other = 'cat /srv/blog/current/server.js /etc/keelson/blog/environment';
  assert.ok(!(await may(host, 'shop', other)), 'an app reads another one’s code');
  await restrictions(host);

  const before = await mainPid(host);
  stack.configure({ server, apps: { shop: shop(stack) } });
  await stack.up();
  await assertNothingToDo(stack);
  assert.equal(await mainPid(host), before);
  assert.equal(await running(domain).then(Boolean), true);
  await assert.rejects(ask(host, '/', { domain: 'blog.example.com' }));
  await host.exec('rm -r /srv/media');
  const left =
    "getent passwd blog; find / -xdev -name '*blog*' -not -path '/usr/*' -not -path '/var/lib/dpkg/*'";
  assert.deepEqual((await host.tryExec(left)).stdout.trim().split('\n').sort(), [
    '/var/log/nginx/blog.access.log',
    '/var/log/nginx/blog.error.log',
  ]);
}

/** What the stack file says of the second app, tried from inside it and through nginx. */
async function restrictions(host: DebianHost): Promise<void> {
  const of = { domain: 'blog.example.com' };
  const tried = JSON.parse((await ask(host, `/sandbox?address=${host.address}`, of)).body);
  assert.match(tried.interfaces, /error 97|EAFNOSUPPORT/);
  assert.match(tried.connect, /EAFNOSUPPORT|EPERM/);
  assert.match(tried.webassembly, /WebAssembly/);
  await assertExposure(host, { 'blog@5000': 1 });
  const free = JSON.parse((await ask(host, `/sandbox?address=${host.address}`, { domain })).body);
  assert.deepEqual(free, { interfaces: null, connect: null, webassembly: null });
  const sent = await ask(host, '/upload?name=x', { method: 'POST', body: 'x', ...of });
  assert.equal(sent.status, 201);
  await host.exec('test -s /srv/media/x');
  const limits = 'cat /proc/$(systemctl show -p MainPID --value blog@5000)/limits';
  assert.match(await host.exec(limits), /^Max open files +2048 +2048 /m);
  // More than a kilobyte is worth to be packed, where the stack file does not say otherwise.
  const headers = { 'accept-encoding': 'gzip', 'x-long': 'x'.repeat(2048) };
  const packed = async (name: string) =>
    (await ask(host, '/headers', { domain: name, headers })).headers['content-encoding'];
  assert.deepEqual([await packed(of.domain), await packed(domain)], [undefined, 'gzip']);
  const many = await Promise.all(Array.from({ length: 20 }, () => ask(host, '/', of)));
  const statuses = many.map(({ status }) => status);
  assert.ok(statuses.includes(429) && statuses.includes(200), statuses.join());
}

async function destroyed(host: DebianHost, stack: Stack): Promise<void> {
  const own = '/etc/nginx/conf.d/own.conf /etc/monit/conf.d/own';
  await host.exec(`mkdir -p /etc/monit/conf.d; for f in ${own}; do echo '# by hand' >$f; done`);
  const logs = 'ls -A /var/log/shop /var/log/nginx; ls /var/log/monit.log /var/log/keelson.log';
  const logged = await host.exec(logs);
  await stack.destroy();
  const ours = "find / -xdev -name '*keelson*' -not -path '/var/log/*'";
  assert.equal(await host.exec(ours), '');
  const accounts = await host.tryExec('getent passwd shop deploy; getent group shop deploy');
  assert.equal(accounts.stdout, '');
  assert.equal(await host.exec('ls -A /srv/shop'), 'uploads\n');
  const units = await host.exec("systemctl list-units --all --no-legend 'shop*' 'blog*'");
  assert.equal(units, '');
  assert.equal(await host.exec('stat -c "%U %a" /srv/shop/uploads/a.txt'), 'root 660\n');
  assert.equal(await host.exec(logs), logged);
  assert.equal(await host.exec(`cat ${own}`), '# by hand\n# by hand\n');
  assert.equal((await host.tryExec('which node nginx monit')).stdout, '');
}
