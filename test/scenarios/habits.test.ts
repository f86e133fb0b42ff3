/** Apps with the habits of real ones, in a sandbox: what they expect is there, and what is refused is told with its remedy. */
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../tools/lib/pulumi.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { does, lines, mainPids, stop, waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { assertNothingToDo, type Stack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

/** A release of the app in a directory of its own. */
function source(stack: Stack, mark: string): string {
  const directory = join(stack.directory, 'habits', mark);
  cpSync(join(root, 'test/apps/habits'), directory, { recursive: true });
  writeFileSync(join(directory, 'mark.txt'), mark);
  return directory;
}

const configure = (stack: Stack, mark: string, more: object = {}): void =>
  stack.configure({
    server: { monit: { interval: '5s' } },
    apps: {
      shop: {
        source: source(stack, mark),
        start: 'server.js',
        domains: ['default'],
        data: ['data'],
        instances: 2,
        stopTimeout: '5s',
        rollout: { drain: '1s', start: '10s', watch: '0s', answers: 1 },
        ...more,
      },
    },
  });

const body = async (host: DebianHost, path: string): Promise<string> => {
  const { status, body } = await ask(host, path);
  assert.equal(status, 200, `${path}: ${body}`);
  return body;
};

/** What `up` says when it is refused or fails. */
async function failure(stack: Stack): Promise<string> {
  const run = await stack.try('up');
  assert.notEqual(run.code, 0, said(run));
  return said(run);
}

const answers = (port: number): string => `curl -sf -m 2 http://127.0.0.1:${port}/`;

/** Seconds until a port answers again. */
async function away(host: DebianHost, port: number, seconds = 30): Promise<number> {
  const since = Date.now();
  await waitFor(host, answers(port), seconds);
  return (Date.now() - since) / 1000;
}

const linked = { env: { WRITES: 'public/uploads' }, linked: ['public/uploads'] };
const question = /shop keeps files in .*, where 2 instances write at once: can they share them\?/;

for (const codename of triedOn('bookworm'))
  test(codename, { timeout: 900_000 }, async (t: TestContext) => {
    const { host, stack } = await provisionedHost(t, { release: codename });
    await inOrder(t, [
      [
        'who lists the network interfaces comes up, and each instance can ask itself',
        async () => {
          configure(stack, 'first');
          await stack.up();
          for (let asked = 0; asked < 6; asked++) assert.equal(await body(host, '/self'), 'ok\n');
        },
      ],
      [
        'what the sandbox refuses is told with the setting that would allow it',
        async () => {
          configure(stack, 'second', { sandbox: { netlink: false } });
          assert.match(
            await failure(stack),
            /3700 on \w+ exited with status 1; apps\.shop\.sandbox\.netlink: true lets it list the network interfaces; all instances/,
          );
          configure(stack, 'second', { env: linked.env });
          assert.match(
            await failure(stack),
            /exited with status 1; it may not write public\/uploads in its release; apps\.shop\.linked: \[public\/uploads\] keeps that outside of it; all/,
          );
          assert.equal(await body(host, '/'), 'ok\n');
        },
      ],
      [
        'what it writes in a linked path, its home and its cache outlives a release',
        async () => {
          configure(stack, 'third', linked);
          await stack.up();
          assert.deepEqual(JSON.parse(await body(host, '/write')), { memory: false });
          configure(stack, 'fourth', linked);
          await stack.up();
          for (let asked = 0; asked < 4; asked++)
            assert.equal(await body(host, '/read'), 'kept\nkept\nkept\n');
          await host.exec(
            'test -f /srv/shop/linked/public/uploads/kept -a -f /srv/shop/.home/kept',
          );
          await assertNothingToDo(stack);
        },
      ],
      [
        'whatever ends without being asked to is there again at once',
        async () => {
          const before = await mainPids(host, 'shop@3700', 'shop@3701');
          await host.exec('curl -sf http://127.0.0.1:3700/end; sleep 0.2');
          assert.ok((await away(host, 3700)) < 4);
          await host.exec('systemctl kill --kill-whom=main shop@3701; sleep 0.2');
          assert.ok((await away(host, 3701)) < 4);
          const after = await mainPids(host, 'shop@3700', 'shop@3701');
          assert.ok(after.every((pid, index) => pid !== 0 && pid !== before[index]));
          assert.deepEqual((await stack.preview()).changes.update, undefined);
        },
      ],
      [
        'a database that is late costs the wait for it, with ever longer pauses',
        async () => {
          await host.exec('touch /srv/shop/data/no-database; systemctl kill shop@3700');
          await sleep(30_000);
          const [tries = ''] = await lines(host, 'systemctl show -p NRestarts --value shop@3700');
          // Since the last start by hand: one by itself before, then after 0, 1, 3, 7, 15 and 25 seconds.
          assert.ok(Number(tries) >= 5 && Number(tries) <= 9, tries);
          assert.ok(!(await does(host, answers(3700))));
          await host.exec('rm /srv/shop/data/no-database');
          assert.ok((await away(host, 3700)) < 13);
        },
      ],
      [
        'what is stopped by hand stays so until the next up, which says so',
        async () => {
          await stop(host, 'shop@3700');
          // Monit asks three times in 15 seconds, and would start again what is down for 10.
          await sleep(40_000);
          assert.equal(
            (await lines(host, 'systemctl is-active shop@3700 || :')).join(),
            'inactive',
          );
          assert.equal(await body(host, '/'), 'ok\n');
          const preview = await stack.preview();
          assert.match(said(preview), /! rollout shop 3700 stopped → current \(drift\)/);
          assert.match(said(await stack.up()), /drift {2}rollout shop 3700 stopped → current/);
          await host.exec(answers(3700));
        },
      ],
      [
        'one instance alone ends before it starts at another port',
        async () => {
          configure(stack, 'fifth', { ...linked, instances: 1 });
          await stack.up();
          await host.exec('rm /srv/shop/data/log; systemctl restart shop@3700');
          await waitFor(host, answers(3700));
          configure(stack, 'sixth', { ...linked, instances: 1, port: 3800 });
          const run = await stack.up();
          assert.match(
            said(run),
            /rollout shop 3700: ends before 3800 starts, for it is one alone/,
          );
          const log = await lines(host, 'cat /srv/shop/data/log');
          assert.deepEqual(log, ['ends 3700', 'begins 3700', 'ends 3700', 'begins 3800']);
          assert.equal(await body(host, '/self'), 'ok\n');
          await assertNothingToDo(stack);
        },
      ],
      [
        'whether two can share what they keep is asked before there are two, and never again',
        async () => {
          assert.doesNotMatch(said(await stack.preview()), question);
          configure(stack, 'sixth', { ...linked, port: 3800 });
          assert.match(said(await stack.preview()), question);
          await stack.up();
          configure(stack, 'seventh', { ...linked, port: 3800 });
          assert.doesNotMatch(said(await stack.preview()), question);
        },
      ],
      [
        'what it fills in a scratch path is its release’s own, outlives a restart, and goes with the release',
        async () => {
          const scratch = { scratch: ['.made/pages'], env: { PAGES: '.made/pages' }, keep: 2 };
          const isEverywhere = async (page: string) => {
            for (const port of [3700, 3701])
              assert.equal(await host.exec(`curl -s http://127.0.0.1:${port}/page`), `${page}\n`);
          };
          configure(stack, 'eighth', scratch);
          await stack.up();
          const eighth = (await lines(host, 'basename "$(readlink /srv/shop/current)"')).join();
          await isEverywhere('as it was built');
          await body(host, '/renew');
          await isEverywhere('renewed by eighth');
          await host.exec('systemctl restart shop@3700 shop@3701');
          for (const port of [3700, 3701]) await waitFor(host, answers(port));
          await isEverywhere('renewed by eighth');
          await assertNothingToDo(stack);
          configure(stack, 'ninth', scratch);
          await stack.up();
          await isEverywhere('as it was built');
          await body(host, '/renew');
          await isEverywhere('renewed by ninth');
          configure(stack, 'ninth', { ...scratch, release: eighth });
          await stack.up();
          await isEverywhere('renewed by eighth');
          for (const mark of ['tenth', 'eleventh']) {
            configure(stack, mark, scratch);
            await stack.up();
            await body(host, '/renew');
          }
          const left = await lines(host, 'cat /srv/shop/.scratch/*/.made/pages/of/a.html | sort');
          assert.deepEqual(left, ['renewed by eleventh', 'renewed by tenth']);
        },
      ],
    ]);
  });
