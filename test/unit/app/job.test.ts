import assert from 'node:assert/strict';
import { test } from 'node:test';
import { job, jobHash } from '../../../components/app/job.ts';
import { service } from '../../../components/app/service.ts';
import {
  bookworm,
  cleanup,
  context,
  find,
  items,
  jobComplaints,
  lines,
  mailer,
  textOf,
  trixie,
  web1,
} from '../shop.ts';

const path = '/etc/systemd/system/cleanup.service';
const render = (given: object = {}) => {
  const app = cleanup(given);
  return items(job.render?.(app, context(app)));
};
const unit = (given: object = {}): string[] => lines(textOf(render(given), path));

test('what one run is, to the letter but for the sandbox', () => {
  const all = unit();
  assert.deepEqual(all.slice(0, all.indexOf('MemoryMax=1G')), [
    ...['[Unit]', 'Description=cleanup, a job'],
    ...['Wants=network-online.target', 'After=network-online.target'],
    'OnFailure=keelson-failed@%n.service',
    ...['[Service]', 'Type=oneshot', 'User=cleanup', 'Group=cleanup'],
    ...['WorkingDirectory=/srv/cleanup/current', 'ExecStart=/usr/bin/node clean.js'],
    'EnvironmentFile=/etc/keelson/cleanup/environment',
    ...[
      'TimeoutStartSec=3600s',
      'KillMode=mixed',
      'TimeoutStopSec=15s',
      'SyslogIdentifier=cleanup',
      'LogRateLimitIntervalSec=30s',
      'LogRateLimitBurst=100000',
    ],
  ]);
});

test('its sandbox is that of a worker', () => {
  const given = { scratch: ['cache'], sandbox: { network: 'localhost', calls: ['@chown'] } };
  const worker = mailer(given);
  const sandboxOf = (all: string[]) =>
    all
      .slice(all.indexOf('MemoryMax=1G'), all.indexOf('RestartSec=0') + 1 || undefined)
      .filter((line) => !/ExecStartPre=.*(begin|flock)|^LogRate|^RestartSec/.test(line))
      .map((line) => line.replaceAll('cleanup', 'mailer'));
  const wanted = items(service.render?.(worker, context(worker)));
  assert.deepEqual(
    sandboxOf(unit(given)),
    sandboxOf(lines(textOf(wanted, '/etc/systemd/system/mailer@.service'))),
  );
});

test('a run waits while the release moves, and what overrides its unit is drift', () => {
  assert.ok(
    unit().includes('ExecStartPre=-+/usr/bin/flock -s /var/lib/keelson/rollouts/cleanup/runs true'),
  );
  assert.deepEqual(find(render(), 'unit', 'cleanup.service').state, { fragment: path });
});

test('a heartbeat is told of each end', () => {
  const all = unit({ heartbeat: 'BEAT' });
  assert.ok(all.includes('OnSuccess=keelson_heartbeat@cleanup.service'));
  assert.ok(all.includes('OnFailure=keelson_heartbeat@cleanup.failed.service'));
  assert.ok(!unit().join().includes('heartbeat'));
});

test('log files are one for all runs', () => {
  const all = unit({ logs: { to: 'files' } });
  assert.ok(all.includes('StandardOutput=append:/var/log/cleanup/job.log'));
});

test('a generation is another one where its unit is, and not where only its time is', () => {
  const hash = (given: object, facts = trixie) =>
    jobHash(cleanup(given), { facts, server: web1(), secrets: {} });
  assert.equal(hash({ at: 'daily' }), hash({}));
  assert.notEqual(hash({ memory: '2G' }), hash({}));
  assert.notEqual(hash({}, bookworm), hash({}));
});

test('a job takes no setting of what goes on', () => {
  const more = { reload: 'SIGHUP', instances: 2, healthy: {}, port: 3700 };
  assert.deepEqual(jobComplaints(more), [
    ` Unrecognized keys: ${Object.keys(more)
      .map((name) => `"${name}"`)
      .join(', ')}`,
  ]);
});
