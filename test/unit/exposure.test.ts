/** How exposed the rendered units are, by the reckoning of this machine's systemd-analyze. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { job } from '../../components/app/job.ts';
import { service } from '../../components/app/service.ts';
import { acme } from '../../components/server/acme.ts';
import { alerts } from '../../components/server/alerts.ts';
import { filter } from '../../components/server/filter.ts';
import { heartbeat } from '../../components/server/heartbeat.ts';
import { logrotate } from '../../components/server/logrotate.ts';
import { monit } from '../../components/server/monit.ts';
import { nginx } from '../../components/server/nginx.ts';
import { retry } from '../../components/server/retry.ts';
import { status } from '../../components/server/status.ts';
import { verify } from '../../components/server/verify.ts';
import { scratchDirectory } from './scratch.ts';
import { bookworm, chat, cleanup, context, items, mailer, shop, textOf, web1 } from './shop.ts';

const folder = scratchDirectory('exposure');
mkdirSync(folder, { recursive: true });

/** Of a service's text: 0 to 10. */
function exposure(name: string, text: string): number {
  const path = join(folder, `${name}.service`);
  writeFileSync(path, text);
  const { stdout, stderr } = spawnSync(
    'systemd-analyze',
    ['security', '--offline=yes', '--no-pager', path],
    { encoding: 'utf8' },
  );
  const [, level] = /exposure level for \S+: ([0-9.]+)/.exec(stdout) ?? [];
  assert.ok(level, `${name}: ${stderr}`);
  return Number(level);
}

const units = '/etc/systemd/system';
// What newer releases of systemd have is a word that an older one does not know.
const facts = bookworm;
const started = (text: string) => text.replace('[Service]\n', '[Service]\nExecStart=/bin/true\n');

test('apps are exposed at most 1.2, without the network 1.0', () => {
  const table = [
    [1.2, shop({ uploads: { '/media': 'media' } })],
    [1.2, mailer()],
    [1.2, chat({ public: 'each' })],
    [1.2, shop({ sandbox: { network: { to: [{ address: '10.0.0.5' }] } } })],
    [1, shop({ sandbox: { network: 'localhost' } })],
    [1, shop({ listen: 'socket', sandbox: { network: 'none' } })],
    [1, mailer({ sandbox: { network: 'none' } })],
  ] as const;
  for (const [limit, app] of table) {
    const all = items(service.render?.(app, context(app, { facts })));
    const at = `${app.name} ${JSON.stringify(app.sandbox.network)}`;
    const own = exposure(`${app.name}@1`, textOf(all, `${units}/${app.name}@.service`));
    assert.ok(own <= limit, `${at}: ${own}`);
    const hook = exposure('hook', started(textOf(all, `/etc/keelson/${app.name}/hook.service`)));
    assert.ok(hook <= limit, `hook of ${at}: ${hook}`);
  }
});

test('jobs are exposed at most 1.2', () => {
  const all = items(job.render?.(cleanup(), context(cleanup(), { facts })));
  const own = exposure('cleanup', textOf(all, `${units}/cleanup.service`));
  assert.ok(own <= 1.2, `${own}`);
});

test('nginx is exposed at most 4, Monit 3, beside what Debian’s own units say', () => {
  const server = web1();
  const dropin = `${units}/nginx.service.d/keelson.conf`;
  const own = textOf(items(nginx.render?.(server, { facts })), dropin);
  assert.ok(exposure('nginx', started(own)) <= 4);
  const whole = textOf(items(monit.render?.(server, { facts })), `${units}/monit.service`);
  assert.ok(exposure('monit', whole) <= 3);
});

test('the kit’s own services are exposed as little as they can be', () => {
  const given = web1({
    alerts: { slack: {} },
    heartbeat: {},
    acme: { contact: 'ops@example.com', terms: true },
    status: { domain: 'status.example.com', allow: ['10.0.0.0/8'] },
  });
  const secrets = { slack: 'https://hooks.example.com/x', heartbeat: 'https://beat.example.com/x' };
  const all = [filter, logrotate, retry, alerts, heartbeat, status, acme, verify].flatMap(
    ({ render }) => items(render?.(given as never, { facts, secrets } as never)),
  );
  const limits: Record<string, number> = {
    ...{ 'keelson-filter': 1.7, 'keelson-logrotate': 2, 'keelson-retry@': 1.4 },
    ...{ 'keelson-failed@': 1.4, 'keelson-alert': 1.8, 'keelson-certificates': 1.7 },
    ...{ 'keelson-heartbeat': 1.8, 'keelson-status': 2.3 },
    ...{ 'keelson-acme@': 1.3, 'keelson-verify': 1.6 },
  };
  for (const [name, limit] of Object.entries(limits)) {
    const own = exposure(name.replace('@', '@x'), textOf(all, `${units}/${name}.service`));
    assert.ok(own <= limit, `${name}: ${own}`);
  }
});
