import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../../components/app/needs.ts';
import { monit } from '../../../components/server/monit.ts';
import { scratchDirectory } from '../scratch.ts';
import { complaints, items, lines, mailer, names, shop, textOf, trixie, web1 } from '../shop.ts';

const scratch = scratchDirectory('needs');
const fresh = () => mkdtempSync(join(scratch, 'host-'));
const config = '/etc/monit/keelson.d/shop.needs.conf';
const wanted = (given: string[]) => items(needs.render?.(shop({ needs: given }), {} as never));

test('each need is a check, which alerts and starts nothing', () => {
  const all = wanted(['127.0.0.1:5432', '[::1]:6379', '/run/x.sock']);
  assert.deepEqual(names(all), [
    `file ${config}`,
    'monitor shop-needs-127.0.0.1-5432',
    'monitor shop-needs-1-6379',
    'monitor shop-needs-run-x.sock',
  ]);
  assert.deepEqual(lines(textOf(all, config)).slice(0, 4), [
    'check program shop-needs-127.0.0.1-5432 with path "/etc/monit/keelson.d/need shop 127.0.0.1:5432" with timeout 30 seconds',
    'if status != 0 for 2 cycles',
    `then exec "/usr/local/sbin/keelson alert need 'shop needs 127.0.0.1:5432'"`,
    `else if succeeded then exec "/usr/local/sbin/keelson alert recovered 'shop needs 127.0.0.1:5432' 'answers again'"`,
  ]);
  assert.doesNotMatch(textOf(all, config), /restart|stop program/);
  assert.deepEqual(wanted([]), []);
});

test('a worker has needs too', () => {
  const all = items(needs.render?.(mailer({ needs: ['db.internal:5432'] }), {} as never));
  assert.ok(names(all).includes('monitor mailer-needs-db.internal-5432'));
});

test('what nobody can need is refused, and what is named twice', () => {
  const said = (needs: string[]) => complaints({ start: 'a.js', needs });
  const [one] = said(['5432']);
  assert.match(one ?? '', /^needs\.0 is not what an app can need; write address:port, such as 127/);
  assert.deepEqual(said(['db:99999']), ['needs.0 has a port above 65535; choose 1 to 65535']);
  assert.deepEqual(said(['db:1', 'db:1']), ['needs names something twice; name each once']);
  for (const bad of ['db:0', ':5432', 'run/x', '/run/../x', '/run/a b', 'db:1;', '/run/$x'])
    assert.equal(said([bad]).length, 1, bad);
});

/** Runs the program of the check on this machine; what systemd is told, in whatever state the instance is. */
async function need(what: string, state: string, own = fresh(), unit = 'shop@3700.service') {
  mkdirSync(join(own, 'bin'), { recursive: true });
  const all = items(monit.render?.(web1(), { facts: trixie }));
  const text = textOf(all, '/etc/monit/keelson.d/need')
    .replaceAll('/run/keelson', `${own}/keelson`)
    .replace('/usr/local/sbin/keelson', 'keelson');
  writeFileSync(join(own, 'need'), text);
  const program = (name: string, body: string) =>
    writeFileSync(join(own, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  program(
    'systemctl',
    `case $1 in
      list-units) echo '${unit} loaded ${state} x' ;;
      show) case $* in *PartOf*shop-other*) echo shop-other.target; exit ;; *PartOf*) echo shop.target; exit ;; esac 
        echo ${state} ;;
      *) echo "systemctl $*" >>${own}/told ;;
    esac`,
  );
  program('keelson', `echo "keelson $*" >>${own}/told`);
  const env = { ...process.env, PATH: `${own}/bin:${process.env.PATH}` };
  // Not waited for in place: what it connects to may be this process.
  const child = spawn('sh', [join(own, 'need'), 'shop', what], { env });
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  const [code] = await once(child, 'close');
  const told = existsSync(join(own, 'told')) ? readFileSync(join(own, 'told'), 'utf8') : '';
  return { own, code, said: said.trim(), told: told.trim() };
}

async function listening(where: string | number) {
  const server = createServer((socket) => socket.end());
  server.listen(typeof where === 'string' ? { path: where } : { port: where, host: '127.0.0.1' });
  await once(server, 'listening');
  return server;
}

test('who listens is there; who does not is told, with why', async (t) => {
  const server = await listening(0);
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  assert.deepEqual((await need(`127.0.0.1:${port}`, 'failed')).code, 0);
  const refused = await need('127.0.0.1:1', 'failed');
  assert.deepEqual(
    [refused.code, refused.said, refused.told],
    [1, '127.0.0.1:1: Connection refused', ''],
  );
});

const hasSs = spawnSync('ss', ['-V']).status === 0;

test('a socket is told by its path', { skip: !hasSs && 'there is no ss here' }, async (t) => {
  const path = join(fresh(), 'x.sock');
  const missing = await need(path, 'failed');
  assert.deepEqual([missing.code, missing.said], [1, `${path}: nobody listens`]);
  const server = await listening(path);
  t.after(() => server.close());
  assert.equal((await need(path, 'failed')).code, 0);
});

test('when it is back, what had failed for want of it is tried again, once', async (t) => {
  const server = await listening(0);
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const what = `127.0.0.1:${port}`;
  const back = async (state: string, unit?: string) => {
    const own = fresh();
    server.close();
    await once(server, 'close');
    await need(what, state, own, unit);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    await need(what, state, own, unit);
    return (await need(what, state, own, unit)).told;
  };
  assert.equal(await back('failed'), 'keelson retry shop@3700.service');
  assert.equal(await back('failed', 'shop-mail@1.service'), 'keelson retry shop-mail@1.service');
  assert.equal(await back('failed', 'shop-other@3800.service'), '');
  const paused = ['reset-failed', '--no-block restart'].map(
    (verb) => `systemctl ${verb} shop@3700.service`,
  );
  assert.equal(await back('activating'), paused.join('\n'));
});
