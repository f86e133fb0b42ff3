import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { heartbeat } from '../../../components/server/heartbeat.ts';
import { items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const render = (given: object, url = 'https://hc-ping.com/key/{server}?create=1') =>
  heartbeat.render?.(web1(given), { facts: trixie, secrets: { heartbeat: url } }) ?? {};

test('a server that says nothing of it has no heartbeat', () => {
  assert.deepEqual(items(render({})), []);
});

test('a timer asks the URL of this server, which is a secret', () => {
  const { base = [], private: hidden = [] } = render({ heartbeat: { every: '10m' } });
  const timer = lines(textOf(base, '/etc/systemd/system/keelson-heartbeat.timer'));
  assert.ok(timer.includes('OnUnitActiveSec=600s'));
  assert.ok(names(base).includes('unit keelson-heartbeat.timer'));
  const config = hidden.find(({ name }) => name === '/etc/keelson/heartbeat');
  assert.deepEqual([config?.state.mode, config?.instructions], ['0600', { '@secret': 'yes' }]);
  assert.equal(lines(config?.content ?? '')[0], 'url = "https://hc-ping.com/key/web1?create=1"');
  assert.doesNotMatch(JSON.stringify(base), /hc-ping/);
});

test('curl asks it as it is written, and fails where the receiver does not know it', async (t) => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(url === '/a/web1?create=1' ? 200 : 404).end('OK');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'keelson-heartbeat-'));
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const ask = async (path: string) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const { private: hidden = [] } = render({ heartbeat: {} }, url);
    const config = join(folder, 'config');
    writeFileSync(config, textOf(hidden, '/etc/keelson/heartbeat'));
    return await promisify(execFile)('curl', ['-q', '--config', config]);
  };
  assert.deepEqual(await ask('/a/{server}?create=1'), { stdout: '', stderr: '' });
  await assert.rejects(ask('/b'), /404/);
  assert.deepEqual(asked, ['/a/web1?create=1', '/b']);
});
