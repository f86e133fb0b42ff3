/** What fails is refused before, or leaves nothing behind: ports of others, first releases, apps that go again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { lines, waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import {
  assertNothingToDo,
  assertUntouched,
  changed,
  release,
  type StackConfig,
  testStack,
} from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

/** A service of somebody's that listens on a port, and is started at boot. */
async function listener(host: DebianHost, name: string, port: number): Promise<void> {
  const program = `use IO::Socket::INET; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => ${port}, Listen => 1) or die; sleep while 1`;
  await host.exec(`cat >/usr/local/bin/${name}; chmod 755 /usr/local/bin/${name}`, {
    input: `#!/usr/bin/perl\n${program}\n`,
  });
  await host.exec(`cat >/etc/systemd/system/${name}.service; systemctl enable -q --now ${name}`, {
    input: `[Service]\nExecStart=/usr/local/bin/${name}\n[Install]\nWantedBy=multi-user.target\n`,
  });
  await waitFor(host, `ss -Hltn 'sport = :${port}' | grep -q .`);
}

test('on a host where Apache serves port 80, and another service that of the app', async (t) => {
  const host = await testHost(t);
  const stack = await testStack(t, host, {});
  stack.configure(config(writeCode(codeOf(stack))));
  await host.exec('apt-get update -q && apt-get install -q -y --no-install-recommends apache2', {
    timeout: 240_000,
  });
  await listener(host, 'older', 3701);
  await assertUntouched(stack, async () => {
    for (const verb of ['preview', 'up'] as const) {
      const run = await stack.try(verb);
      assert.notEqual(run.code, 0);
      assert.match(
        said(run),
        /unit nginx\.service cannot have port 80, which apache2 \(process \d+ of apache2\.service\) holds; stop and disable that first: systemctl disable --now apache2\.service/,
      );
      assert.match(
        said(run),
        /rollout shop cannot have port 3701, which older \(process \d+ of older\.service\) holds; give shop another port, or stop and disable that first: systemctl disable --now older\.service/,
      );
    }
  });
});

test('an app whose first release fails, and which is taken out again', async (t) => {
  const { host, stack } = await provisionedHost(t);
  const both = config(codeOf(stack)) as { server: object; apps: Record<string, object> };
  const store = {
    source: release(stack, 'exits', 'exit'),
    start: 'server.js',
    domains: ['store.example.com'],
    port: 4300,
    instances: 2,
    uploads: { '/media': 'media' },
    data: ['data'],
    rollout: { start: '6s', watch: '0s', answers: 1 },
  };
  const withStore = { server: both.server, apps: { ...both.apps, store } } as StackConfig;
  const without = both as StackConfig;
  const units = () =>
    host.exec(
      `systemctl list-units --all --plain --no-legend 'store@*' store.target 'keelson-*-store*' 'system-store.slice' | cut -d ' ' -f 1; systemctl --failed --plain --no-legend`,
    );
  const nothingOfIt = async () => {
    assert.deepEqual(
      await present(host, [
        ...['/srv/store', '/etc/keelson/store', '/var/log/store', '/etc/systemd/system/store*'],
        ...['/etc/systemd/system/*/store*', '/etc/*/keelson.d/store*', '/etc/*/keelson.d/store*'],
        ...['/var/lib/keelson/rollouts/store', '/var/lib/keelson/*/*-store'],
      ]),
      [],
    );
    await host.exec(`! getent passwd store; ! getent group store
      test "$(ls /var/lib/keelson/blobs | grep -vc run)" = 1`);
    assert.equal(await units(), '');
  };
  await inOrder(t, [
    [
      'what holds its port is named, and nothing is made',
      async () => {
        await listener(host, 'older', 4301);
        stack.configure(withStore);
        await assertUntouched(stack, async () => {
          const run = await stack.try('up');
          assert.match(said(run), /rollout store cannot have port 4301, which older \(process/);
        });
        await host.exec('systemctl disable -q --now older; rm /etc/systemd/system/older.service');
        await host.exec('systemctl daemon-reload');
        await nothingOfIt();
      },
    ],
    [
      'it fails: nothing of it runs, or starts at the next boot, and the preview says what is missing',
      async () => {
        const run = await stack.try('up');
        assert.match(
          said(run),
          /exited with status 1; there is nothing to go back to, store@4300\.service is stopped/,
        );
        const states = await host
          .exec(
            'systemctl is-enabled store.target; systemctl is-active store.target store@4300 store@4301; systemctl --failed --plain --no-legend || :',
          )
          .catch((error: Error) => error.message);
        assert.match(states, /disabled\n.*inactive\ninactive\ninactive\n/s);
        await host.exec('! test -L /srv/store/current');
        const words = said(await stack.preview());
        assert.match(words, /^~ unit store\.target enabled disabled → enabled \(change\)$/m);
        assert.match(words, /^\+ rollout-store: \d+ items, \d+ of them as wanted already$/m);
        assert.match(words, /^\+ rollout store \(new\)$/m);
        assert.doesNotMatch(words, /\(drift\)/);
      },
    ],
    [
      'it is taken out of the stack file: nothing of it stays',
      async () => {
        stack.configure(without);
        assert.match(said(await stack.preview()), /^- user store \(gone\)$/m);
        await stack.up();
        await nothingOfIt();
        await assertNothingToDo(stack);
      },
    ],
    [
      'a step before that fails takes back what it made',
      async () => {
        stack.configure(withStore);
        const path = '/etc/systemd/system';
        await host.exec(`mount --bind ${path} ${path} && mount -o remount,ro,bind ${path}`);
        const run = await stack.try('up');
        await host.exec(`umount ${path}`);
        assert.match(said(run), /Read-only file system/);
        assert.match(said(run), /app-store: what was made for it is taken back/);
        await host.exec('! getent passwd store; ! getent group store');
        assert.deepEqual(await present(host, ['/srv/store', '/etc/systemd/system/store*']), []);
        stack.configure(without);
        assert.ok(changed(await stack.up()).includes('update server-prune'));
        await nothingOfIt();
        await assertNothingToDo(stack);
      },
    ],
    [
      'and destroy takes it along',
      async () => {
        stack.configure(withStore);
        await stack.try('up');
        await stack.destroy();
        await host.exec('! getent passwd store shop; ! getent group store shop');
        assert.deepEqual(
          await present(host, [
            ...['/var/lib/keelson', '/usr/local/sbin/keelson', '/etc/keelson', '/srv/*'],
            ...['/etc/*/keelson.d', '/etc/systemd/system/store*', '/etc/systemd/system/shop*'],
          ]),
          [],
        );
        assert.equal(await units(), '');
        const slices = "systemctl list-units --all --plain --no-legend 'system-shop.slice'";
        assert.equal(await host.exec(slices), '');
      },
    ],
  ]);
});

/** Those of these patterns that are there. */
const present = (host: DebianHost, patterns: readonly string[]): Promise<string[]> =>
  lines(host, `ls -d ${patterns.join(' ')} 2>/dev/null || :`);
