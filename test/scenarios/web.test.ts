/** What web apps meet as they are: headers, static files, health, addresses, sudo, and clients that belong to an instance. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { does, mainPids, waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { config } from '../harness/small-app.ts';
import { assertNothingToDo, type Stack } from '../harness/stack.ts';
import { inOrder, type Step } from '../harness/steps.ts';

/** It listens as most do, sends plain http to https, and forgets its sessions when it ends. */
const server = `const { createServer } = require('node:http');
const { PORT, HOST, HOSTNAME } = process.env;
const sessions = new Set();
const server = createServer((request, response) => {
  const { pathname, searchParams: given } = new URL(request.url, 'http://app');
  if (pathname === '/health') {
    const secure = request.headers['x-forwarded-proto'] === 'https' && !process.env.BROKEN;
    response.writeHead(secure ? 200 : 301, secure ? {} : { location: 'https://' + request.headers.host + '/health' });
    return response.end(secure ? 'well' : '\\n<p>Moved</p>\\nfurther');
  }
  if (pathname === '/poll') {
    const known = sessions.has(given.get('sid'));
    if (given.has('sid') && !known) return response.writeHead(400).end('Session ID unknown');
    const sid = known ? given.get('sid') : Math.random().toString(36).slice(2);
    sessions.add(sid);
    return response.end(sid);
  }
  const cookies = Array.from({ length: Number(given.get('cookies')) }, (_, n) => 'c' + n + '=' + 'x'.repeat(2000));
  if (cookies.length) response.setHeader('set-cookie', cookies);
  response.end(JSON.stringify({ HOST, HOSTNAME, url: request.url.length, cookie: request.headers.cookie?.length }));
});
server.listen(PORT);
if (process.env.DEBUG_PORT) createServer().listen(Number(process.env.DEBUG_PORT) + Number(PORT));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

type Target = { host: DebianHost; stack: Stack };

/** A name in which there is much to look for. */
const uuid = 'user-3f2a1b9c-1111-4abc-8def-0123456789ab@x.png';

function code(stack: Stack, mark: string): string {
  const directory = join(stack.directory, 'web', mark);
  mkdirSync(join(directory, 'public/img'), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write('server.js', server);
  for (const name of `index.html app.mjs site.webmanifest app.js.map notes.txt logo.png img/a.svg sw.js
    index-BsKdfgHJ.js ${uuid}`.split(/\s+/))
    write(`public/${name}`, `${name} of ${mark}\n`);
  return directory;
}

/** The small app's stack file with this app in its place. */
function configure({ stack }: Target, more: object = {}, nginx: object = {}, mark = '1'): void {
  const { server, apps } = config(code(stack, mark)) as { server: object; apps: { shop: object } };
  const own = {
    ...{ health: '/health', static: { '/': 'public' }, linked: ['public/up'] },
    ...{ instances: 2, port: 4200, needs: ['127.0.0.1:22', '127.0.0.1:1', '/run/monit.sock'] },
    ...{ cache: { '/img': '1d', '/sw.js': 'no-store' } },
  };
  stack.configure({
    server: { ...server, nginx },
    apps: { shop: { ...apps.shop, ...own, ...more } },
  });
}

const wide = /it listens on all addresses/g;

const comesUp = ({ host, stack }: Target): Step => [
  'an app that sends plain http to https comes up, is told that it listens wide, and has HOSTNAME',
  async () => {
    configure({ host, stack });
    const first = said(await stack.up());
    assert.equal(first.match(wide)?.length, 1, first);
    assert.deepEqual(JSON.parse((await ask(host, '/env')).body), {
      ...{ HOST: '127.0.0.1', HOSTNAME: '127.0.0.1', url: 4 },
    });
    assert.ok(await does(host, '/etc/monit/keelson.d/ask shop 4200'));
    const need = (what: string) => does(host, `/etc/monit/keelson.d/need shop ${what}`);
    assert.ok((await need('127.0.0.1:22')) && (await need('/run/monit.sock')));
    assert.ok(!(await need('127.0.0.1:1')));
    // From outside nobody gets past nginx.
    await assert.rejects(fetch(`http://${host.address}:4200/env`));
    configure({ host, stack }, { env: { HOSTNAME: 'mine', DEBUG_PORT: '1000' } });
    const second = said(await stack.up());
    assert.equal(second.match(wide)?.length ?? 0, 1, second);
    assert.match(second, /it listens on \*:5200 too, which is open to the network/);
    assert.equal(JSON.parse((await ask(host, '/env')).body).HOSTNAME, 'mine');
    configure({ host, stack }, {}, {}, '2');
    await stack.up();
    configure({ host, stack }, {}, {}, '3');
    assert.equal(said(await stack.up()).match(wide), null);
    await assertNothingToDo(stack);
  },
];

const saysWhatCame = ({ host, stack }: Target): Step => [
  'a release that answers otherwise says what was asked and what came, and so does Monit',
  async () => {
    configure({ host, stack }, { env: { BROKEN: '1' } });
    const run = await stack.try('up');
    assert.notEqual(run.code, 0);
    assert.match(
      said(run),
      /it answered 301, not 200, to http:\/\/127\.0\.0\.1:4200\/health \(Host: shop\.example\.com, X-Forwarded-Proto: https\); all instances are on \w+ as before\n +\| Location: https:\/\/shop\.example\.com\/health\n +\| <p>Moved<\/p>/,
    );
    await host.exec("sed -i 's/@status=200/@status=204/' /etc/monit/keelson.d/shop.health");
    const { code, stdout } = await host.tryExec('/etc/monit/keelson.d/ask shop 4200');
    assert.deepEqual(
      [code, stdout.trimEnd()],
      [
        3,
        'shop@4200 answered 200, not 204, to http://127.0.0.1:4200/health (Host: shop.example.com, X-Forwarded-Proto: https) well',
      ],
    );
    configure({ host, stack });
    await stack.up();
    await assertNothingToDo(stack);
  },
];

const headers = ({ host, stack }: Target): Step => [
  'headers pass as Node.js takes them, and longer ones with the setting',
  async () => {
    const long = (length: number) => 'x'.repeat(length);
    const statuses = async () => [
      (await ask(host, '/?cookies=2')).status,
      (await ask(host, '/?cookies=7')).status,
      (await ask(host, '/', { headers: { cookie: `a=${long(9000)}` } })).status,
      (await ask(host, `/${long(9000)}`)).status,
      (await ask(host, '/', { headers: { cookie: `a=${long(15_500)}` } })).status,
      (await ask(host, `/${long(15_500)}`)).status,
      (await ask(host, '/', { headers: { cookie: `a=${long(17_000)}` } })).status,
      (await ask(host, '/', { headers: { cookie: `a=${long(60_000)}` } })).status,
    ];
    assert.deepEqual(await statuses(), [200, 200, 200, 200, 200, 200, 431, 400]);
    const nodeArgs = ['--max-http-header-size=65536'];
    configure({ host, stack }, { nodeArgs }, { headerSize: '64K' });
    await stack.up();
    assert.deepEqual(await statuses(), Array(8).fill(200));
    // Lines of people's own from before there was a setting: refused, with the remedy.
    const own = '/etc/nginx/keelson.d/shop/own.conf';
    await host.exec(`echo 'proxy_buffer_size 64k;' >${own}`);
    configure({ host, stack }, { nodeArgs });
    const refused = await stack.try('up');
    assert.match(
      said(refused),
      /Keelson says proxy_buffer_size itself: take it out of \/etc\/nginx\/keelson\.d\/shop\/own\.conf:1; .* nginx\.headerSize/,
    );
    await host.exec(`rm ${own}`);
    configure({ host, stack });
    await stack.up();
  },
];

const files = ({ host }: Target): Step => [
  'static files have types and charset, and browsers ask whether theirs is the newest',
  async () => {
    const good = 'max-age=31536000, immutable';
    for (const [path, type, cache] of [
      ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
      ['/app.mjs', 'application/javascript; charset=utf-8', 'no-cache'],
      ['/notes.txt', 'text/plain; charset=utf-8', 'no-cache'],
      ['/site.webmanifest', 'application/manifest+json', 'no-cache'],
      ['/app.js.map', 'application/json', 'no-cache'],
      ['/logo.png', 'image/png', 'no-cache'],
      ['/img/a.svg', 'image/svg+xml', 'max-age=86400'],
      ['/sw.js', 'application/javascript; charset=utf-8', 'no-store'],
      [`/${uuid}`, 'image/png', 'no-cache'],
      ['/index-BsKdfgHJ.js', 'application/javascript; charset=utf-8', good],
    ] as const) {
      const { status, headers } = await ask(host, path);
      assert.deepEqual(
        [status, headers['content-type'], headers['cache-control']],
        [200, type, cache],
        path,
      );
      const etag = String(headers.etag);
      const again = await ask(host, path, { headers: { 'if-none-match': etag } });
      assert.deepEqual([again.status, again.headers['cache-control']], [304, cache], path);
    }
    for (const path of ['/none', '/up/mine.png'])
      assert.equal((await ask(host, path)).headers['cache-control'], undefined, path);
    // Neither a name that takes too long nor what the app alone may read is worth a word.
    assert.equal(
      await host.exec("grep '\\[\\(crit\\|alert\\)\\]' /var/log/nginx/shop.error.log || :"),
      '',
    );
  },
];

const sudo = ({ host }: Target): Step => [
  'the deploy user controls the app as people type it, and nothing else',
  async () => {
    const deploy = (command: string) => does(host, `runuser -u deploy -- sudo -n ${command}`);
    const [before] = await mainPids(host, 'shop@4200');
    for (const command of [
      'systemctl restart shop@4200',
      'systemctl --no-pager restart shop@4200.service',
      'systemctl status shop@4200 -n 5',
      "systemctl status 'shop@*'",
      // It ends, and is started again.
      'systemctl reload shop@4201 --no-pager',
    ])
      assert.ok(await deploy(command), command);
    const [after] = await mainPids(host, 'shop@4200');
    assert.notEqual(before, after);
    for (const command of [
      'systemctl restart ssh',
      'systemctl restart shop@4200 ssh',
      "systemctl restart 'shop@4200 ssh'",
      'systemctl restart shop@4209',
      'systemctl edit shop@4200',
      'systemctl status',
      'id',
    ])
      assert.ok(!(await deploy(command)), command);
    // On a terminal systemctl shows pages, by the first program of this name that it finds.
    await host.exec(
      `printf '#!/bin/sh\\nid >/tmp/paged\\ncat\\n' >/usr/local/bin/less; chmod 755 /usr/local/bin/less`,
    );
    const shown = `script -qec 'systemctl status shop@4200' /dev/null </dev/null`;
    await host.exec(`export TERM=xterm SYSTEMD_PAGER=less; ${shown}`);
    assert.ok(await does(host, 'rm /tmp/paged'), 'root is shown pages');
    const asked = `runuser -u deploy -- ${shown.replace('systemctl', 'sudo -n systemctl')}`;
    await host.exec(`export TERM=xterm SYSTEMD_PAGER=less; ${asked}`);
    assert.ok(await does(host, '! test -e /tmp/paged'), 'the deploy user’s pager ran as root');
    await host.exec('rm /usr/local/bin/less');
  },
];

/** One client as Socket.IO's polling: how often its session was unknown, and what else went wrong. */
async function poll(host: DebianHost, until: { over: boolean }, cookies: boolean) {
  let [sid, cookie, lost, polls] = ['', '', 0, 0];
  const failed: number[] = [];
  while (!until.over) {
    const path = sid === '' ? '/poll' : `/poll?sid=${sid}`;
    const answer = await ask(host, path, { headers: cookie && cookies ? { cookie } : {} });
    polls += 1;
    cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? cookie;
    if (answer.status === 200) sid = answer.body;
    else if (answer.status === 400) {
      sid = '';
      lost += 1;
    } else failed.push(answer.status);
    await sleep(50);
  }
  return { lost, polls, failed };
}

async function polled(host: DebianHost, action: () => Promise<unknown>, cookies = true) {
  const until = { over: false };
  const clients = Promise.all(Array.from({ length: 30 }, () => poll(host, until, cookies)));
  await sleep(1500);
  await action();
  await sleep(500);
  until.over = true;
  return await clients;
}

const sticky = ({ host, stack }: Target, note: (text: string) => void): Step => [
  'a client stays at its instance, and each rollout sends it elsewhere twice',
  async () => {
    const nothing = () => sleep(1000);
    const sum = (all: { lost: number }[]) => all.reduce((total, { lost }) => total + lost, 0);
    assert.ok(sum(await polled(host, nothing)) > 30, 'without the setting sessions are lost');
    for (const [setting, cookies] of [
      ['cookie', true],
      ['address', false],
    ] as const) {
      configure({ host, stack }, { sticky: setting });
      await stack.up();
      await waitFor(host, '! pgrep -f "nginx: worker process is [s]hutting down"');
      assert.equal(sum(await polled(host, nothing, cookies)), 0, setting);
      configure({ host, stack }, { sticky: setting }, {}, `sticky-${setting}`);
      const clients = await polled(host, () => stack.up(), cookies);
      const lost = clients.map((client) => client.lost);
      note(
        `${setting}: ${sum(clients)} sessions of 30 clients lost in a rollout, of one at most ${Math.max(...lost)}`,
      );
      assert.ok(Math.max(...lost) <= 2, `${setting}: ${lost}`);
      assert.deepEqual(
        clients.flatMap(({ failed }) => failed),
        [],
        setting,
      );
    }
    configure({ host, stack }, { sticky: { query: 'sid' } });
    await stack.up();
    await assertNothingToDo(stack);
  },
];

for (const release of triedOn('bookworm'))
  test(`web apps as they are, ${release}`, { timeout: 900_000 }, async (t) => {
    const target = await provisionedHost(t, { release });
    await inOrder(t, [
      comesUp(target),
      saysWhatCame(target),
      headers(target),
      files(target),
      sudo(target),
      sticky(target, (text) => t.diagnostic(text)),
    ]);
  });
