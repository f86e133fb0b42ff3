/**
 * A hostile client in front of nginx, and behind it an app that routes by the path as it was sent, as Express does; then
 * that app in the places that all users of a host share, and whoever took over nginx.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DebianHost } from '../../harness/host.ts';
import { does, lines, mainPids, waitFor } from '../../harness/on-host.ts';
import type { Stack } from '../../harness/stack.ts';
import type { Step } from '../../harness/steps.ts';
import type { Attempts } from './attempts.ts';

export type Target = { host: DebianHost; stack: Stack };

const health = '/a.b+c/health';
const secret = 'a secret of the host';

const server = `import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
const acts = {
  read: (path) => readFileSync(path, 'utf8'),
  write: (path) => writeFileSync(path, '${secret}'),
};
const server = createServer((request, response) => {
  response.setHeader('x-app', 'yes');
  const [path, query = ''] = request.url.split('?');
  if (path === '/accel') response.setHeader('x-accel-redirect', decodeURIComponent(query));
  const [, act, where] = /^\\/(read|write)(\\/.*)/.exec(path) ?? [];
  if (!act) return response.end(JSON.stringify(request.headers));
  try { response.end(acts[act](where) ?? 'done'); } catch (error) { response.statusCode = 500; response.end(String(error)); }
});
server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\\r\\nx-app: yes\\r\\n\\r\\n'));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

function code(stack: Stack): string {
  const directory = join(stack.directory, 'web');
  mkdirSync(join(directory, 'public'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(directory, 'server.js'), server);
  writeFileSync(join(directory, 'public/a.js'), 'served by nginx\n');
  return directory;
}

async function configure({ stack }: Target, more: object = {}, nginx: object = {}): Promise<void> {
  const rollout = { drain: '1s', start: '20s', watch: '0s', answers: 1 };
  const one = { source: code(stack), start: 'server.js', instances: 1, stopTimeout: '2s', rollout };
  const shop = {
    ...{ ...one, domains: ['shop.example.com', 'default'], health, port: 3700 },
    ...{ uploads: { '/media': 'media' }, static: { '/assets': 'public' }, ...more },
  };
  const blog = { ...one, domains: ['blog.example.com'], port: 4300, uploads: { '/theirs': 'up' } };
  stack.configure({ server: { monit: { interval: '5m' }, nginx }, apps: { shop, blog } });
  await stack.up();
}

/** Sends bytes as they are, and gives all that comes back. */
function send(host: DebianHost, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host.address, port: 80 });
    const parts: Buffer[] = [];
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${bytes}`)));
    socket.on('error', reject);
    socket.on('data', (part) => parts.push(part));
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
    socket.write(bytes, 'latin1');
  });
}

type Asked = { line: string; headers?: readonly string[] };

/** One request, named by its User-Agent. */
const ask = (host: DebianHost, { line, headers = [] }: Asked, agent = 'client', name = 'shop') =>
  send(
    host,
    [
      ...[line, `Host: ${name}.example.com`, `User-Agent: ${agent}`],
      // One that asks to be upgraded says so itself.
      ...(headers.some((header) => /^connection:/i.test(header)) ? [] : ['Connection: close']),
      ...[...headers, '', ''],
    ].join('\r\n'),
  );

const statusOf = (answer: string): string => /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 'none';
const isOfApp = (answer: string): boolean => /^x-app: yes\r$/im.test(answer);
const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4);

/** What load balancers and people send who ask for health. */
const probes: readonly Asked[] = [
  { line: `GET ${health} HTTP/1.1` },
  { line: `HEAD ${health} HTTP/1.1` },
  { line: `GET ${health} HTTP/1.0` },
  { line: `GET ${health}?deep=1&path=/x/../y HTTP/1.1` },
  { line: `GET http://10.0.0.7${health} HTTP/1.1` },
  // Clients that would rather speak HTTP/2.
  { line: `GET ${health} HTTP/1.1`, headers: ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'] },
];

const upgrade = ['Upgrade: websocket', 'Connection: Upgrade, close', 'Sec-WebSocket-Key: eA=='];

/** What is no health check, and what nginx takes for its path when it chooses a location. */
const disguised: readonly Asked[] = [
  ...['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'GET_HEAD', 'XGET'].map(
    (method) => ({
      line: `${method} ${health} HTTP/1.1`,
    }),
  ),
  ...[
    ...[`/pay/..%2fa.b+c/health`, `/pay/..${health}`, `/pay/%2e%2e${health}`, `/pay%2f..${health}`],
    ...[`/${health}`, `//${health}`, `/.${health}`, `/./${health}`, `/a.b+c//health`],
    ...['/a.b+c/./health', '/a.b+c/pay/../health', '/a.b+c/pay/..%2fhealth', '/a.b%2bc/health'],
    ...['/%61.b+c/health', '/a%2eb+c/health', '/a.b+c%2fhealth', '/a.b+c/healt%68'],
    ...[
      `${health}#/pay`,
      `${health}#?x`,
      `${health}/pay/..`,
      `${health}/%2e`,
      `${health}/../health`,
    ],
    ...[
      '/aXb+c/health',
      '/a.bbc/health',
      '/A.B+C/HEALTH',
      `${health}%3fx`,
      `${health};x`,
      `${health}/`,
    ],
    ...[`/pay?x=${health}`, `/pay?${health}`, `?${health}`, `/pay ${health}`, `${health}\\..\\pay`],
    ...[`http://x/${health}`, `http://x/pay/..${health}`, `http://x?${health}`, '/keelson-closed'],
  ].map((path) => ({ line: `GET ${path} HTTP/1.1` })),
  ...['GET', 'POST'].flatMap((method) =>
    [health, `/${health}`, '/pay/..%2fa.b+c/health'].map((path) => ({
      line: `${method} ${path} HTTP/1.1`,
      headers: upgrade,
    })),
  ),
];

/** What would make more of nginx or Monit than they are: programs, jobs, files of people, a program for crashes. */
const closed = [
  ...['/usr/bin/evil', '/usr/lib/systemd/system/evil.service', '/boot/evil', '/etc/cron.d/evil'],
  ...['/root/evil', '/home/evil', '/proc/sys/kernel/core_pattern', '/sys/fs/cgroup/cgroup.procs'],
];

export function steps(target: Target, attempts: Attempts): readonly Step[] {
  const { host } = target;
  const tried = (what: string, gotThrough: boolean): void => attempts.note(what, gotThrough);
  const logged = (agent: string) =>
    does(host, `grep -qF '"${agent}"' /var/log/nginx/shop.access.log`);

  /** As often as they like, and without a line in the log. */
  async function probed(): Promise<void> {
    const all = await Promise.all(
      [...probes, ...probes].map((asked, index) => ask(host, asked, `probe-${index}`)),
    );
    for (const [index, answer] of all.entries()) {
      assert.equal(statusOf(answer), '200', answer);
      assert.ok(isOfApp(answer), answer);
      assert.ok(!(await logged(`probe-${index}`)), `probe-${index} is logged`);
    }
  }

  async function limits(): Promise<void> {
    // One request a second and address: of several at once one passes, or two where a second began.
    await configure(target, { rateLimit: { requests: 1, burst: 0 } });
    await host.exec(
      `mkdir -p /srv/blog/up; echo '${secret}' >/srv/blog/up/b.txt; echo mine >/srv/shop/media/a.txt`,
    );
    await probed();
    for (const [index, asked] of disguised.entries()) {
      const agent = `disguised-${index}`;
      const all = await Promise.all(Array.from({ length: 4 }, () => ask(host, asked, agent)));
      tried(`${asked.line} passes the limit`, all.every(isOfApp));
      // What is no request at all has no name.
      const isRequest = all.some((answer) => /^(2|429|101)/.test(statusOf(answer)));
      tried(`${asked.line} is not logged`, isRequest && !(await logged(agent)));
    }
    await probed();
  }

  async function maintenance(): Promise<void> {
    await configure(target, { maintenance: 'Back at noon' });
    for (const asked of [
      ...disguised,
      { line: 'GET / HTTP/1.1' },
      { line: 'GET /assets/a.js HTTP/1.1' },
    ])
      tried(`${asked.line} in maintenance`, isOfApp(await ask(host, asked)));
    await probed();
    assert.match(
      await ask(host, { line: `POST ${health} HTTP/1.1` }),
      /^HTTP\/1.1 503 .*Back at noon/s,
    );
    assert.match(await ask(host, { line: `GET /${health} HTTP/1.1` }), /Retry-After: 120\r\n/);
  }

  async function headers(): Promise<void> {
    const forwards = ['X-Forwarded-Prefix', 'CF-IPCountry'];
    await configure(target, { forwards }, { balancers: ['203.0.113.0/24'] });
    const names =
      `Forwarded X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Server X-Forwarded-Ssl X-Forwarded-User
      X-Forwarded-Path X-Forwarded-Uri X-Original-URL X-Rewrite-URL X-Original-Host X-Real-IP X-Client-IP
      X-Cluster-Client-IP True-Client-IP CF-Connecting-IP Fastly-Client-IP X-Remote-User Proxy X-Accel-Redirect
      X-Accel-Mapping X-Sendfile-Type X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto CF-IPCountry
      X-Middleware-Subrequest`.split(/\s+/);
    const forms = (name: string): readonly string[][] => [
      [`${name}: evil`],
      [`${name.toUpperCase()}: evil`],
      [`${name}: good`, `${name.toLowerCase()}: evil`],
      [`${name.replaceAll('-', '_')}: evil`],
      [`${name} : evil`],
      [`${name}\t: evil`],
      ['X-Other: a', ` ${name}: evil`],
      [`X-Other: a\r${name}: evil`],
      [`X-Other: a\n${name}: evil`],
      [`\0${name}: evil`],
      [`${name}: evil`, 'X-Forwarded-For: 203.0.113.7'],
      ['Transfer-Encoding: chunked', `Trailer: ${name}`, '', '0', `${name}: evil`],
    ];
    for (const name of names)
      for (const form of forms(name)) {
        const body = bodyOf(await ask(host, { line: 'GET /seen HTTP/1.1', headers: form }));
        tried(
          `${JSON.stringify(form)} reaches the app`,
          /"[^"]*evil/.test(body.replace(/"x-other":"[^"]*"/, '')),
        );
      }
    for (const name of ['X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Proto', 'Host']) {
      const body = bodyOf(
        await ask(host, { line: 'GET /seen HTTP/1.1', headers: [`Connection: close, ${name}`] }),
      );
      tried(`Connection: ${name} takes it away`, !body.includes(`"${name.toLowerCase()}":`));
    }
    // From a load balancer those pass that are named, and they alone.
    await configure(target, { forwards }, { balancers: ['198.18.0.0/15'] });
    const sent = [
      'X-Forwarded-Prefix: /here',
      'CF-IPCountry: DE',
      'X-Original-URL: evil',
      'X-Forwarded-For: 198.51.100.9',
    ];
    const seen = JSON.parse(bodyOf(await ask(host, { line: 'GET /seen HTTP/1.1', headers: sent })));
    const {
      'x-forwarded-prefix': prefix,
      'cf-ipcountry': country,
      'x-forwarded-for': client,
    } = seen;
    assert.deepEqual([prefix, country, client], ['/here', 'DE', '198.51.100.9']);
    tried('a header that is not named comes from a load balancer', 'x-original-url' in seen);
    // WebSockets go on, and a connection of a client's has more than one request.
    assert.match(
      await ask(host, { line: 'GET /socket HTTP/1.1', headers: upgrade }),
      /^HTTP\/1.1 101 /,
    );
    const one = 'GET /seen HTTP/1.1\r\nHost: shop.example.com\r\n';
    const two = await send(host, `${one}\r\n${one}Connection: close\r\n\r\n`);
    assert.equal(two.match(/HTTP\/1\.1 200 /g)?.length, 2, two);
  }

  async function files(): Promise<void> {
    const outside = /root:x:|createServer|a secret of the host/;
    const ways = [
      '..',
      '%2e%2e',
      '..%2f..',
      '..%5c..',
      '.%2e',
      '..;',
      '%c0%ae%c0%ae',
      '..%00',
      '%252e%252e',
      '..//..',
    ];
    const targets = [
      'etc/passwd',
      'srv/blog/up/b.txt',
      'srv/shop/current/server.js',
      'server.js',
      'up/b.txt',
    ];
    for (const base of ['/media', '/media/', '/assets', '/assets/', '/media/x/', '/'])
      for (const way of ways)
        for (const path of targets) {
          const line = `GET ${base}${way}/${path} HTTP/1.1`;
          tried(line, outside.test(bodyOf(await ask(host, { line }))));
        }
    await host.exec(
      'ln -s /srv/blog/up/b.txt /srv/shop/media/link; ln -s /etc /srv/shop/media/folder',
    );
    for (const path of [
      '/media/link',
      '/media/folder/passwd',
      '/media/',
      '/assets/',
      '/theirs/b.txt',
    ])
      tried(path, outside.test(bodyOf(await ask(host, { line: `GET ${path} HTTP/1.1` }))));
    for (const to of [
      ...[
        '/etc/passwd',
        '/../etc/passwd',
        '/media/../../etc/passwd',
        '/media/..%2f..%2fetc/passwd',
        '//etc/passwd',
      ],
      ...[
        '/theirs/b.txt',
        '/media/link',
        '/media/folder/passwd',
        '/assets/../../releases',
        '@app',
        '@theirs',
      ],
      ...[
        'http://127.0.0.1:4300/read/srv/blog/up/b.txt',
        'file:///etc/passwd',
        '/assets/../current/server.js',
      ],
    ])
      tried(
        `X-Accel-Redirect: ${to}`,
        outside.test(
          bodyOf(await ask(host, { line: `GET /accel?${encodeURIComponent(to)} HTTP/1.1` })),
        ),
      );
    await host.exec('rm /srv/shop/media/link /srv/shop/media/folder');
    assert.equal(bodyOf(await ask(host, { line: 'GET /media/a.txt HTTP/1.1' })), 'mine\n');
    assert.equal(
      bodyOf(await ask(host, { line: 'GET /assets/a.js HTTP/1.1' })),
      'served by nginx\n',
    );
  }

  /** Each app, and each user of the host, tries to find or to leave something for the other. */
  async function places(): Promise<void> {
    const of = async (name: string, path: string) => {
      const answer = await ask(host, { line: `GET ${path} HTTP/1.1` }, 'client', name);
      return { ok: statusOf(answer) === '200', text: bodyOf(answer) };
    };
    for (const place of ['/dev/shm', '/run/lock', '/tmp', '/var/tmp']) {
      assert.ok((await of('shop', `/write${place}/of-shop`)).ok, `${place} of its own`);
      assert.equal((await of('shop', `/read${place}/of-shop`)).text, secret);
      tried(`blog reads ${place} of shop`, (await of('blog', `/read${place}/of-shop`)).ok);
      tried(
        `nobody reads ${place} of shop`,
        await does(host, `runuser -u nobody -- cat ${place}/of-shop`),
      );
      await host.exec(
        `runuser -u nobody -- sh -c 'echo trap >${place}/trap; chmod 0666 ${place}/trap'`,
      );
      tried(`shop reads what nobody left in ${place}`, (await of('shop', `/read${place}/trap`)).ok);
      await of('shop', `/write${place}/trap`);
      tried(
        `shop writes what nobody left in ${place}`,
        (await host.exec(`cat ${place}/trap; rm ${place}/trap`)) !== 'trap\n',
      );
    }
  }

  async function sandboxes(): Promise<void> {
    for (const [unit, most] of [
      ['nginx', 3.3],
      ['monit', 3],
    ] as const) {
      const said = await host.exec(
        `systemd-analyze security --no-pager ${unit}.service | tail -n 1`,
      );
      assert.ok(Number(/: ([0-9.]+)/.exec(said)?.[1]) <= most, said);
      const [pid = 0] = await mainPids(host, unit);
      for (const path of closed)
        tried(
          `${unit} writes ${path}`,
          await does(host, `nsenter -t ${pid} -m sh -c 'echo >>${path}'`),
        );
      const status = await host.exec(`cat /proc/${pid}/status`);
      const bounding = BigInt(`0x${/^CapBnd:\s*(\w+)/m.exec(status)?.[1]}`);
      for (const [name, bit] of [
        ['SYS_ADMIN', 21n],
        ['NET_ADMIN', 12n],
        ['SYS_MODULE', 16n],
        ['MKNOD', 27n],
      ] as const)
        tried(`${unit} has CAP_${name}`, (bounding & (1n << bit)) !== 0n);
      tried(`${unit} gets new privileges`, !/^NoNewPrivs:\s*1$/m.test(status));
      tried(`${unit} calls what it likes`, !/^Seccomp:\s*2$/m.test(status));
    }
    await goesOn();
  }

  /** What people do with nginx, in its sandbox. */
  async function goesOn(): Promise<void> {
    const works = async () =>
      assert.equal(statusOf(await ask(host, { line: 'GET /seen HTTP/1.1' }, 'works')), '200');
    await host.exec(`cat >/etc/nginx/conf.d/own.conf <<'CONF'
server { listen 81; access_log /var/log/nginx/own.log; location / { proxy_pass http://unix:/tmp/own.sock; } location /home/ { alias /home/own/; } }
CONF
mkdir -p /home/own; echo home >/home/own/f
systemd-run -q --unit=own node -e "require('http').createServer((_,r)=>r.end('unix')).listen('/tmp/own.sock',()=>require('fs').chmodSync('/tmp/own.sock',0o777))"
nginx -t -q && systemctl reload nginx`);
    await waitFor(
      host,
      '[ "$(curl -s localhost:81/)" = unix ] && [ "$(curl -s localhost:81/home/f)" = home ]',
    );
    await host.exec('logrotate -f /etc/logrotate.d/nginx; sleep 1; : >/tmp/mark');
    await works();
    await waitFor(host, 'grep -q works /var/log/nginx/shop.access.log');
    assert.equal(
      await host.exec('stat -c %U:%G:%a /var/log/nginx/shop.access.log'),
      'www-data:adm:640\n',
    );
    // Another binary takes over, as an update of the package has it.
    const [old = 0] = await mainPids(host, 'nginx');
    await host.exec(`kill -USR2 ${old}`);
    await waitFor(host, 'test -s /run/nginx.pid.oldbin');
    await host.exec(`sleep 0.5; kill -QUIT ${old}`);
    await waitFor(host, `! test -d /proc/${old} && systemctl is-active --quiet nginx`);
    await works();
    await host.exec('systemctl restart nginx && systemctl restart monit');
    await works();
    await waitFor(host, 'monit -B summary | grep -q nginx');
    await host.exec(
      'systemctl stop own; rm -r /etc/nginx/conf.d/own.conf /home/own /tmp/own.sock; systemctl reload nginx',
    );
    await sleep(500);
    assert.deepEqual(await lines(host, "grep -E 'emerg|crit' /var/log/nginx/error.log || :"), []);
  }

  return [
    ['what only looks like a health check is limited and logged', limits],
    ['nothing but health checks passes maintenance', maintenance],
    ['an app hears of a request what nginx says', headers],
    ['nothing but a site’s own files is served', files],
    ['where everybody may write an app is alone', places],
    ['nginx and Monit can do little else than their work', sandboxes],
  ];
}
