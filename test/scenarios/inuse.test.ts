/**
 * A server that was in use before: nginx with streams and a site by hand, Apache behind it, an app that Capistrano
 * deploys and PM2 runs, Monit with its own mail server, a year of logs, a held package, /srv on a disk of its own.
 * All of it is named and refused; then taken over because the stack file says so; then, after a destroy, as before.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { diffSnapshots, snapshot, testHost, traces } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { inUse, people } from '../harness/in-use.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import { assertNothingToDo, testStack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

/** What Debian's own tools write whatever happens, and what the kit leaves on purpose. */
const without = [
  ...[
    '/var/cache',
    '/var/lib/apt',
    '/var/lib/dpkg',
    '/var/lib/systemd',
    '/var/lib/monit',
    '/var/tmp',
  ],
  ...['/var/log/keelson.log', '/var/log/apt', '/var/log/dpkg.log', '/var/log/alternatives.log'],
  ...[
    '/root/.monit.id',
    '/root/.monit.state',
    '/var/log/journal',
    '/var/log/nginx',
    '/var/log/apache2',
    '/var/log/monit.log',
    '/run',
    '/tmp',
    '/home/cap/.pm2',
  ],
  ...['passwd-', 'group-', 'shadow-', 'gshadow-', 'ld.so.cache'].map((name) => `/etc/${name}`),
  ...['/etc/systemd/system/multi-user.target.wants', '/srv/shop/media', '/srv/shop/data'],
];

for (const [release, srv] of [
  ['trixie', 'link'],
  ['bookworm', 'mount'],
] as const)
  test(`${release}, in use before`, async (t) => {
    const host = await testHost(t, { release });
    await inUse(host, srv);
    const stack = await testStack(t, host, {});
    const wanted = config(writeCode(codeOf(stack)));
    Object.assign((wanted.apps as Record<string, object>).shop ?? {}, { keep: 2 });
    const server = { ...(wanted.server as object), hostname: undefined, timezone: undefined };
    const look = async () => ({
      files: await snapshot(host, { without }),
      people: await people(host),
    });
    const before = await look();
    await inOrder(t, [
      [
        'the preview names all that is somebody’s own, with the lines that differ',
        async () => {
          stack.configure({ ...wanted, server });
          const run = await stack.try('preview');
          assert.notEqual(run.code, 0);
          for (const line of [
            /× file \/etc\/nginx\/nginx\.conf content \(own\)/,
            /-stream \{/,
            /× absent \/etc\/nginx\/sites-enabled\/default link, not absent \(own\)/,
            /× file \/etc\/logrotate\.d\/nginx content \(own\)/,
            /-\s+rotate 365/,
            /× file \/etc\/monit\/monitrc content \(own\)/,
            /× directory \/srv\/shop owner cap → root \(own\)/,
            /× unit nginx\.service dropins .*own\.conf/,
            /× rollout shop current 20260101\d* → [0-9a-f]{8} \(own\)/,
            /takeOver: true/,
            /! port 5432 \(nginx\) is open to all and would be closed/,
            /! port 8080 \(nginx\) is open to all and would be closed/,
          ])
            assert.match(said(run), line);
          assert.doesNotMatch(said(run), /hunter2/);
        },
      ],
      [
        'up is refused, and nothing was touched',
        async () => {
          assert.notEqual((await stack.try('up')).code, 0);
          const now = await look();
          assert.deepEqual(diffSnapshots(before.files, now.files, { ignore: traces }), []);
          assert.deepEqual(now.people, before.people);
        },
      ],
      [
        'it is taken over when the stack file says so, and what is not in the way stays',
        async () => {
          const firewall = { close: [5432, 8080] };
          stack.configure({ ...wanted, server: { ...server, takeOver: true, firewall } });
          assert.match(
            said(await stack.preview()),
            /~ file \/etc\/nginx\/nginx\.conf content \(found\)/,
          );
          await stack.up();
          await assertNothingToDo(stack);
          assert.equal((await ask(host, '/', { domain: 'shop.example.com' })).body, 'ok\n');
          // The app of before still runs beside it, and so does what nginx serves by other files.
          assert.equal(await host.exec('curl -s http://127.0.0.1:3000/'), 'ok\n');
          assert.equal(
            await host.exec('curl -s -H "Host: own.example.com" http://127.0.0.1/'),
            'own\n',
          );
          assert.equal(await host.exec('cat /srv/shop/shared/.env'), 'KEY=1\n');
          await host.exec('test -d /srv/shop/releases/20260101120000');
          assert.match(await host.exec('apt-mark showhold'), /^nginx$/m);
        },
      ],
      [
        'a rotation deletes none of the old logs',
        async () => {
          await host.exec('logrotate -f /etc/logrotate.d/nginx');
          // Out of reach of the kit’s rule, which would delete them one by one.
          const kept = await host.exec('ls /var/log/nginx/before-keelson');
          assert.equal(kept.trim().split('\n').length, 40);
        },
      ],
      [
        'releases come and go, and none of another tool’s goes with them',
        async () => {
          for (const mark of [2, 3]) {
            writeFileSync(join(codeOf(stack), 'lib/a.js'), `export const a = ${mark};\n`);
            await stack.up();
          }
          assert.match(await host.exec('ls /srv/shop/releases'), /^20260101120000$/m);
          assert.equal(await host.exec('ls /srv/shop/releases | wc -l'), '3\n');
        },
      ],
      [
        'after destroy the host is as it was, file by file, mode by mode, unit by unit',
        async () => {
          await stack.destroy();
          const now = await look();
          assert.deepEqual(diffSnapshots(before.files, now.files, { ignore: traces }), []);
          assert.deepEqual(now.people, before.people);
        },
      ],
    ]);
  });
