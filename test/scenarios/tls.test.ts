/** Sites over TLS with certificates of one's own: refused before, served, renewed under load, mended, and taken away. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { type Answer, ask } from '../harness/http.ts';
import { chmod, does, read, write } from '../harness/on-host.ts';
import { type Pem, pem } from '../harness/pem.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { assertNothingToDo, changed, type Stack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

const names = ['shop.example.com', 'www.example.com', 'manual.example.com', 'status.example.com'];
const [domain = '', alias] = names;

const code = `import { createServer } from 'node:http';
const server = createServer((request, response) => {
  if (request.url === '/own') response.setHeader('X-Frame-Options', 'DENY');
  if (request.url === '/events') {
    response.setHeader('Content-Type', 'text/event-stream');
    response.setHeader('X-Accel-Buffering', 'no');
    return response.write('data: 1\\n\\n');
  }
  response.end(request.headers['x-forwarded-proto']);
});
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n');
  socket.pipe(socket);
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => { server.closeAllConnections(); server.close(() => process.exit(0)); });
`;

type Site = { host: DebianHost; stack: Stack; root: Pem };

/** A certificate of these names, by the authority of the test. */
const made = ({ stack, root }: Site, name: string, given = names): Pem =>
  pem(join(stack.directory, 'certificates'), name, { names: given, by: root });

/** Where the stack file has the app's certificate. */
const ownPath = ({ stack }: Site): string => join(stack.directory, 'shop.pem');

/** The stack file with this setting of TLS: of the app, of the site of files, of the page with the status. */
function configure({ stack }: Site, tls: unknown, files: unknown = tls): void {
  const source = join(stack.directory, 'shop');
  const manual = join(stack.directory, 'manual');
  mkdirSync(manual, { recursive: true });
  writeFileSync(join(source, 'server.js'), code);
  writeFileSync(join(manual, 'index.html'), 'manual\n');
  const rollout = { drain: '1s', start: '20s', watch: '0s', answers: 1 };
  const shop = { source, start: 'server.js', domains: [domain], redirectFrom: [alias], rollout };
  const status = { domain: 'status.example.com', allow: ['0.0.0.0/0'] };
  stack.configure({
    server: files === 'off' ? {} : { status: { ...status, tls: files } },
    apps: {
      shop: { ...shop, sticky: 'cookie', stopTimeout: '5s', tls },
      manual: { type: 'static', source: manual, domains: ['manual.example.com'], tls: files },
    },
  });
}

type Asked = { path?: string; name?: string; agent?: Agent | false };

/** One request by https, to a server whose certificate the authority of the test has signed. */
function secure(site: Site, asked: Asked = {}): Promise<Answer & { serial: string }> {
  const { host, root } = site;
  const { path = '/', name = domain, agent = false } = asked;
  return new Promise((resolve, reject) => {
    const to = { host: host.address, servername: name, ca: root.certificate, agent, path };
    const sent = request({ ...to, headers: { host: name }, timeout: 10_000 }, async (answer) => {
      const { serialNumber = '' } = (
        sent.socket as ReturnType<typeof connect>
      ).getPeerCertificate();
      const { statusCode: status = 0, headers } = answer;
      resolve({ status, headers, body: await text(answer), serial: serialNumber });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer of ${name} in 10 s`)));
    // A connection that was kept may end just as it is used again: whoever keeps one asks anew, as browsers do.
    sent.on('error', (error: NodeJS.ErrnoException) =>
      sent.reusedSocket && error.code === 'ECONNRESET'
        ? resolve(secure(site, asked))
        : reject(error),
    );
    sent.end();
  });
}

/** What a handshake comes to: protocol of TLS and of what is spoken over it, or its failure. */
function shaken({ host, root }: Site, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const to = { host: host.address, port: 443, servername, ca: root.certificate };
    const socket = connect({ ...to, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
      resolve(`${socket.getProtocol()} ${socket.alpnProtocol}`);
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

for (const release of triedOn('trixie'))
  test(`tls (${release})`, async (t) => {
    const { host, stack } = await provisionedHost(t, { release });
    const root = pem(join(stack.directory, 'certificates'), 'root', { names: [] });
    const site: Site = { host, stack, root };
    await inOrder(t, [
      ['what does not fit is refused, and the host is as it was', () => refused(site)],
      ['lines of one’s own are named, with their certificate', () => people(site)],
      ['the app is served by https, and what comes by http is sent there', () => served(site)],
      ['headers are those of the app, else those of every site', () => headers(site)],
      ['WebSockets and events come through', () => streams(site)],
      ['names that nobody has are shown no certificate', () => unknown(site)],
      ['a second run has nothing to do, and a key that all may read is mended', () => mended(site)],
      ['a new certificate costs no request', () => renewed(site)],
      ['the key is nowhere to be seen', () => hidden(site)],
      ['a site of files and the page of the status are served so too', () => files(site)],
      ['without it all is as before', () => off(site)],
    ]);
  });

async function refused(site: Site): Promise<void> {
  const { certificate } = made(site, 'wrong', ['old.example.com']).paths;
  configure(site, { certificate, key: site.root.paths.key }, 'off');
  const run = await site.stack.try('up');
  assert.notEqual(run.code, 0);
  assert.match(
    said(run),
    /shop\.tls\.certificate: is not for shop\.example\.com, www\.example\.com/,
  );
  assert.match(said(run), /shop\.tls\.key: does not fit the certificate; give the key/);
  assert.ok(!(await does(site.host, 'test -e /etc/keelson/tls')));
}

async function people(site: Site): Promise<void> {
  const own = '/etc/nginx/keelson.d/shop/certbot.conf';
  const live = '/etc/letsencrypt/live/shop';
  await write(site.host, own, `# listen 443 ssl;\nssl_certificate ${live}/fullchain.pem;\n`);
  const { certificate, key } = made(site, 'first');
  await site.stack.setSecret('shop.TLS_KEY', key);
  writeFileSync(ownPath(site), certificate);
  configure(site, { certificate: ownPath(site), key: { secret: 'TLS_KEY' } }, 'off');
  const run = await site.stack.try('preview');
  assert.notEqual(run.code, 0);
  assert.match(
    said(run),
    /certbot\.conf says already; .* onHost: \/etc\/letsencrypt\/live\/shop\//,
  );
  await site.host.exec(`rm ${own}`);
}

async function served(site: Site): Promise<void> {
  await site.stack.up();
  const { status, body, headers } = await secure(site);
  assert.deepEqual([status, body], [200, 'https']);
  assert.match(String(headers['set-cookie']), /^keelson=[0-9a-f]{32}; .*; Secure$/);
  assert.equal(await shaken(site, domain), 'TLSv1.3 h2');
  const plain = await ask(site.host, '/a?b=c', { domain });
  assert.deepEqual([plain.status, plain.headers.location], [301, `https://${domain}/a?b=c`]);
  assert.equal(plain.headers['strict-transport-security'], undefined);
  // What authorities and load balancers ask for is not sent away, in whatever spelling it is asked for.
  for (const path of ['/.well-known/acme-challenge/x', '/keelson-health/x'])
    assert.equal((await ask(site.host, path, { domain })).status, 200, path);
  const hidden = await ask(site.host, '/keelson-health/../a', { domain });
  assert.equal(hidden.status, 301);
  const other = await secure(site, { name: alias, path: '/a' });
  assert.deepEqual([other.status, other.headers.location], [301, `https://${domain}/a`]);
  assert.equal(
    (await ask(site.host, '/', { domain: alias })).headers.location,
    `https://${alias}/`,
  );
}

async function headers(site: Site): Promise<void> {
  const seen = async (path: string) => {
    const { headers } = await secure(site, { path });
    const of = ['x-frame-options', 'x-content-type-options', 'referrer-policy'];
    return [...of, 'strict-transport-security'].map((name) => headers[name]);
  };
  const rest = ['nosniff', 'strict-origin-when-cross-origin', 'max-age=86400'];
  assert.deepEqual(await seen('/'), ['SAMEORIGIN', ...rest]);
  assert.deepEqual(await seen('/own'), ['DENY', ...rest]);
}

async function streams({ host, root }: Site): Promise<void> {
  const to = { host: host.address, servername: domain, ca: root.certificate, agent: false };
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
  const echoed = await new Promise((resolve, reject) => {
    const sent = request({ ...to, headers: { host: domain, ...upgrade } });
    sent.on('error', reject).on('upgrade', (_answer, socket) => {
      socket.once('data', (data) => {
        resolve(String(data));
        socket.destroy();
      });
      socket.write('ping');
    });
    sent.end();
  });
  assert.equal(echoed, 'ping');
  const event = await new Promise((resolve, reject) => {
    const sent = request({ ...to, path: '/events', headers: { host: domain } }, (answer) =>
      answer.once('data', (data) => {
        resolve(String(data));
        answer.destroy();
      }),
    );
    sent.on('error', reject).end();
  });
  assert.equal(event, 'data: 1\n\n');
}

async function unknown(site: Site): Promise<void> {
  assert.match(await shaken(site, 'nobody.example.com'), /UNRECOGNIZED_NAME/);
  const old = ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'].join(' ');
  const asked = `openssl s_client -connect 127.0.0.1:443 -servername ${domain} ${old} </dev/null`;
  assert.ok(!(await does(site.host, asked)));
}

const keyFile = '/etc/keelson/tls/shop/privkey.pem';

async function mended({ host, stack }: Site): Promise<void> {
  await assertNothingToDo(stack);
  await chmod(host, keyFile, '644');
  assert.match(said(await stack.preview()), /privkey\.pem mode 0644 → 0600 \(drift\)/);
  await stack.up();
  assert.equal(await host.exec(`stat -c '%U %a' ${keyFile}`), 'root 600\n');
}

/** Requests one after another, half of them over one connection, until they are told to end. */
async function visits(site: Site, isOver: () => boolean): Promise<Set<string>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const serials = new Set<string>();
  for (let count = 0; !isOver(); count++) {
    const { status, serial } = await secure(site, { agent: count % 2 === 0 && agent });
    assert.equal(status, 200);
    // A connection that is closed by then has none to tell.
    if (serial !== '') serials.add(serial);
    await sleep(5);
  }
  agent.destroy();
  return serials;
}

async function renewed(site: Site): Promise<void> {
  const { certificate, key } = made(site, 'second');
  await site.stack.setSecret('shop.TLS_KEY', key);
  writeFileSync(ownPath(site), certificate);
  let isOver = false;
  const visitors = Promise.all([1, 2, 3, 4].map(() => visits(site, () => isOver)));
  const run = await site.stack.up().finally(() => {
    isOver = true;
  });
  assert.deepEqual(changed(run), ['update server-tls-shop'], said(run));
  const { serial } = await secure(site);
  const seen = new Set((await visitors).flatMap((serials) => [...serials]));
  assert.ok(seen.size === 2 && seen.has(serial), [...seen, serial].join(' '));
  await assertNothingToDo(site.stack);
}

async function hidden({ host, stack }: Site): Promise<void> {
  const [, line = ''] = (await read(host, keyFile)).split('\n');
  assert.ok(line.length >= 40);
  await write(host, keyFile, 'spoilt\n');
  const preview = await stack.try('preview', ['--diff']);
  const mend = await stack.up();
  const { stdout } = await stack.pulumi(['stack', 'export', '--stack', stack.name]);
  for (const told of [said(preview), said(mend), stdout])
    for (const secret of [line, 'spoilt']) assert.ok(!told.includes(secret));
  const places = '/var/log /etc/keelson/shop /etc/nginx /etc/systemd /etc/monit /run/keelson';
  assert.ok(!(await does(host, `grep -rqsF -- '${line}' ${places}`)));
  assert.ok(!(await does(host, `journalctl -o cat | grep -qF -- '${line}'`)));
  assert.match(await read(host, keyFile), new RegExp(line.replaceAll('+', '\\+')));
}

async function files(site: Site): Promise<void> {
  const { paths } = made(site, 'files');
  configure(
    site,
    { certificate: ownPath(site), key: { secret: 'TLS_KEY' } },
    {
      ...{ certificate: paths.certificate, key: paths.key },
      ...{ redirect: false, hsts: 'off' },
    },
  );
  await site.stack.up();
  const manual = await secure(site, { name: 'manual.example.com' });
  assert.deepEqual([manual.status, manual.body], [200, 'manual\n']);
  assert.equal(manual.headers['x-frame-options'], 'SAMEORIGIN');
  assert.equal(manual.headers['strict-transport-security'], undefined);
  assert.equal((await ask(site.host, '/', { domain: 'manual.example.com' })).status, 200);
  const page = await secure(site, { name: 'status.example.com', path: '/style.css' });
  assert.equal(page.status, 200);
  // The status is written anew each minute.
  assert.deepEqual(changed(await site.stack.up()), []);
}

async function off(site: Site): Promise<void> {
  await site.stack.pulumi([
    'config',
    'rm',
    '--path',
    'keelson:secrets.shop',
    '--stack',
    site.stack.name,
  ]);
  configure(site, 'off');
  await site.stack.up();
  assert.ok(!(await does(site.host, "ss -Hltn 'sport = :443' | grep -q .")));
  assert.ok(!(await does(site.host, 'test -e /etc/keelson/tls/shop -o -e /etc/keelson/tls')));
  const { status, body, headers } = await ask(site.host, '/', { domain });
  assert.deepEqual([status, body], [200, 'http']);
  assert.equal(headers['strict-transport-security'], undefined);
  await assertNothingToDo(site.stack);
}
