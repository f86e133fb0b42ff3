/** What operators do around `pulumi up`, and what docs/operating.md tells them then. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { type Run, said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { does, waitFor } from '../harness/on-host.ts';
import { documented } from '../harness/operating.ts';
import { copiedHost, provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import {
  assertNothingToDo,
  assertUntouched,
  changed,
  type Stack,
  testStack,
} from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

type Parts = { server: object; apps: { shop: object } };

const parts = (stack: Stack): Parts => config(codeOf(stack)) as Parts;

/** A server that is told by this host key alone; the harness knows another file of them. */
const withHostKey = (server: object, hostKey: string): object => ({
  ...server,
  ...{ knownHosts: undefined, hostKey },
});

/** An app of no size, whose end is easily seen. */
const small = (stack: Stack, name: string, port: number) => ({
  ...{ source: codeOf(stack), start: 'server.js', domains: [`${name}.example.com`], port },
  ...{ instances: 1, rollout: { drain: '0s', start: '20s', watch: '0s', answers: 1 } },
});

async function fails(stack: Stack, verb: 'up' | 'preview' | 'destroy', args: string[] = []) {
  const run = await stack.try(verb, args);
  assert.notEqual(run.code, 0, said(run));
  return run;
}

/** Starts `up`, and kills it when it is at work on the host, where something holds it up. */
async function killed(stack: Stack, host: DebianHost): Promise<void> {
  await host.exec('systemd-run -q --collect --unit=holder flock /var/lib/keelson/lock sleep 300');
  const { child, ended } = stack.start('up');
  await waitFor(host, "pgrep -f 'keelson (apply|prune) server'", 60);
  child.kill('SIGKILL');
  await ended;
  await host.exec('systemctl stop holder');
  // It goes on there, and ends by itself.
  await waitFor(host, "! pgrep -f 'keelson (apply|prune) server'", 60);
}

test('a run that was killed, and one of which a part is left out', {
  timeout: 900_000,
}, async (t) => {
  const { host, stack } = await provisionedHost(t);
  const { server: given, apps } = parts(stack);
  // Where sshd is about to listen.
  const server = { ...given, firewall: { open: [{ port: 2222 }] } };
  await inOrder(t, [
    [
      'the stack is locked after it, and one command frees it',
      async () => {
        stack.configure({ server, apps: { shop: { ...apps.shop, bodySize: '20M' } } });
        await killed(stack, host);
        assert.match(said(await fails(stack, 'up')), documented('The stack is locked'));
        await stack.pulumi(['cancel', '--yes', '--stack', stack.name]);
      },
    ],
    [
      'what was interrupted while updating is told of once',
      async () => {
        assert.match(said(await stack.up()), documented('Operations are pending'));
        await assertNothingToDo(stack);
        assert.doesNotMatch(said(await stack.up()), documented('Operations are pending'));
      },
    ],
    [
      'what was interrupted while creating is told of until it is cleared from the state',
      async () => {
        stack.configure({ server, apps: { ...apps, more: small(stack, 'more', 4300) } });
        await killed(stack, host);
        await stack.pulumi(['cancel', '--yes', '--stack', stack.name]);
        for (let run = 0; run < 2; run++)
          assert.match(said(await stack.up()), documented('Operations are pending'));
        await assertUntouched(stack, async () => {
          const refresh = ['refresh', '--yes', '--clear-pending-creates', '--skip-preview'];
          await stack.pulumi([...refresh, '--stack', stack.name]);
        });
        assert.doesNotMatch(said(await stack.up()), documented('Operations are pending'));
        await assertNothingToDo(stack);
      },
    ],
    [
      'a rollout without its release, and a release that is not sent, are not begun',
      async () => {
        stack.configure({
          server,
          apps: { shop: { ...apps.shop, source: writeCode(join(stack.directory, 'next'), '2') } },
        });
        await stack.preview();
        for (const part of ['rollout-shop', 'app-shop', 'prune'])
          await assertUntouched(stack, async () => {
            for (const verb of ['preview', 'up'] as const) {
              const words = said(await fails(stack, verb, ['--target', `**::server-${part}`]));
              assert.match(words, documented('Only a part was to be changed'));
              assert.match(words, new RegExp(`${part} was not begun`));
            }
          });
        assert.equal((await ask(host, '/')).body, 'ok\n');
      },
    ],
    [
      'the whole server, as the message says, goes through',
      async () => {
        const run = await stack.try('up', ['--target', '**::server-*']);
        assert.equal(run.code, 0, said(run));
        await assertNothingToDo(stack);
        assert.ok(!(await does(host, 'getent passwd more')));
      },
    ],
  ]);
});

/** A new key pair; resolves with the path of the private one. */
function newKey(stack: Stack, name: string): string {
  const path = join(stack.directory, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  return path;
}

/** Lets a user log in with this key, and with no other. */
const admit = (host: DebianHost, home: string, key: string): Promise<string> =>
  host.exec(
    `install -d -m 700 -o $(stat -c %u ${home}) ${home}/.ssh
    cat >${home}/.ssh/authorized_keys; chown $(stat -c %u ${home}) ${home}/.ssh/authorized_keys`,
    {
      input: execFileSync('ssh-keygen', ['-y', '-f', key], { encoding: 'utf8' }),
    },
  );

/** Passes on to the host's sshd, under an address and port of its own. */
async function forward(t: TestContext, host: DebianHost): Promise<number> {
  const server = createServer((socket) => {
    const other = connect(2222, host.address);
    socket.on('error', () => other.destroy()).pipe(other);
    other.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
}

test('logins, keys and addresses that change', { timeout: 900_000 }, async (t) => {
  const { host, stack } = await provisionedHost(t);
  const { server: given, apps } = parts(stack);
  // Where sshd moves to later: whoever moves it by hand opens its port before.
  const server = { ...given, firewall: { open: [{ port: 2222 }] } };
  const first = newKey(stack, 'first');
  const second = newKey(stack, 'second');
  const more = small(stack, 'more', 4300);
  const last = small(stack, 'last', 4400);
  await inOrder(t, [
    [
      'a login key is rotated, and an app removed, in one up',
      async () => {
        await admit(host, '/root', first);
        stack.configure({
          server: { ...server, privateKey: first },
          apps: { ...apps, more, last },
        });
        await stack.up();
        await admit(host, '/root', second);
        stack.configure({ server: { ...server, privateKey: second }, apps: { ...apps, last } });
        const run = await stack.up();
        assert.ok(changed(run).includes('update server-prune'), changed(run).join(', '));
        assert.ok(!(await does(host, 'getent passwd more')));
        await assertNothingToDo(stack);
      },
    ],
    [
      'address, port, user and host key change, and an app is removed, in one up',
      async () => {
        await host.exec(`useradd -m -s /bin/bash ops
          echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
          echo 'Port 2222' >/etc/ssh/sshd_config.d/port.conf
          rm /etc/ssh/ssh_host_*; ssh-keygen -q -A; systemctl restart ssh`);
        await admit(host, '/home/ops', first);
        await admit(host, '/root', newKey(stack, 'nobodys'));
        const hostKey = (await host.exec('cat /etc/ssh/ssh_host_ed25519_key.pub')).trim();
        const at = { address: '127.0.0.1', port: await forward(t, host), user: 'ops' };
        const moved = withHostKey({ ...server, ...at }, hostKey);
        stack.configure({ server: { ...moved, privateKey: first }, apps });
        await stack.up();
        assert.ok(!(await does(host, 'getent passwd last')));
        await assertNothingToDo(stack);
      },
    ],
    [
      'a destroy goes by the connection of the last up, and by a new one after another up',
      async () => {
        const hostKey = (await host.exec('cat /etc/ssh/ssh_host_ed25519_key.pub')).trim();
        const back = { address: host.address, port: 2222, user: 'ops' };
        const moved = withHostKey({ ...server, ...back }, hostKey);
        stack.configure({ server: { ...moved, privateKey: first }, apps });
        await stack.up();
        await admit(host, '/home/ops', second);
        assert.match(said(await fails(stack, 'destroy')), documented('The destroy cannot log in'));
        assert.ok(await does(host, 'getent passwd shop'));
        stack.configure({ server: { ...moved, privateKey: second }, apps });
        await stack.up();
        await stack.destroy();
        assert.ok(!(await does(host, 'getent passwd shop')));
      },
    ],
  ]);
});

/** What people see of a run that fails, without `--json`. */
async function read(stack: Stack, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await stack.tryPulumi(args);
  assert.notEqual(code, 0);
  return `${stdout}${stderr}`;
}

function takeOut(stack: Stack, server: string): void {
  const written = parse(readFileSync(stack.file, 'utf8'));
  delete written.config['keelson:servers'][server];
  writeFileSync(stack.file, stringify(written, { defaultStringType: 'QUOTE_DOUBLE' }));
}

const done = ({ steps }: Run, name: string): unknown =>
  steps.find((step) => step.name === name)?.outputs.stdout;

test('servers that are gone, and several that fail', { timeout: 900_000 }, async (t) => {
  const hosts = [await copiedHost(t), await copiedHost(t)] as const;
  const [stays, goes] = hosts;
  const stack = await testStack(t, hosts, {});
  const { apps } = parts(stack);
  writeCode(codeOf(stack));
  stack.configure({ apps });
  await stack.up();
  let forget = '';
  await inOrder(t, [
    [
      'of several that fail each says why, in a few lines',
      async () => {
        const readOnly =
          'mount --bind /etc/monit /etc/monit && mount -o remount,ro,bind /etc/monit';
        for (const host of hosts) await host.exec(`chmod 0666 /etc/monit/monitrc; ${readOnly}`);
        const up = ['up', '--yes', '--skip-preview', '--stack', stack.name];
        const text = await read(stack, [...up, '--continue-on-error']);
        for (const host of hosts) await host.exec('umount /etc/monit');
        assert.doesNotMatch(text, /failed to deliver log message|unhandled exception|^ +at /m);
        const [, diagnostics = ''] = text.split(/^Diagnostics:$/m);
        for (const name of ['h1-base', 'h2-base']) {
          assert.match(diagnostics, new RegExp(`error: ${name} failed, as it says itself`));
          const own = new RegExp(`\\(${name}\\):\n(?: .*\n)*? {4}.*Read-only file system`);
          assert.match(diagnostics, own);
        }
        assert.match(diagnostics, documented('Several things failed'));
        const errors = diagnostics.split('\n').filter((line) => /^ {4}error: /.test(line));
        assert.equal(errors.length, 4, text);
        assert.deepEqual(Object.keys((await stack.outputs()).apps as object), [
          'h1/shop',
          'h2/shop',
        ]);
        await stack.up();
        await assertNothingToDo(stack);
      },
    ],
    [
      'one that is gone keeps nothing from the others, in the stack file or out of it',
      async () => {
        await goes.powerOff();
        await stays.exec('chmod 0666 /etc/nginx/nginx.conf');
        assert.match(said(await fails(stack, 'preview')), documented('It is in the stack file'));
        takeOut(stack, 'h2');
        assert.match(said(await fails(stack, 'preview')), documented('It is taken out'));
        const run = await fails(stack, 'up');
        assert.match(said(run), documented('It is taken out'));
        assert.match(String(done(run, 'h1-base')), /nginx\.conf mode 0666 → 0644/);
        assert.ok(!changed(run).some((it) => it.startsWith('delete')), changed(run).join(', '));
        [, forget = ''] = /forget it: (pulumi state delete .*)/.exec(said(run)) ?? [];
      },
    ],
    [
      'a destroy ends at it, and the command that was printed forgets it',
      async () => {
        const words = said(await fails(stack, 'destroy', ['--target', '**::h2-*']));
        assert.match(words, documented('The whole stack is destroyed'));
        const args = forget.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1'));
        await stack.pulumi(args.slice(1));
        const run = await stack.up();
        assert.deepEqual(changed(run), [], said(run));
        assert.equal((await ask(stays, '/')).body, 'ok\n');
        assert.ok(!(await stack.state()).resources.some(({ urn }) => /::h2(-|$)/.test(urn)));
      },
    ],
    [
      'one that is there is cleared when it is taken out, and leaves the state',
      async () => {
        await goes.boot();
        stack.configure({ apps });
        await stack.up();
        takeOut(stack, 'h2');
        await stack.preview();
        await stack.up();
        assert.ok(!(await does(goes, 'getent passwd shop')));
        assert.ok(await does(stays, 'getent passwd shop'));
      },
    ],
  ]);
});

for (const release of triedOn('bookworm'))
  test(`sudo records no secret from the first up on, on ${release}`, async (t) => {
    const host = await testHost(t, { release, user: 'admin' });
    // As wide as can be: for all commands, and with a tag that wins over whatever else is said.
    await host.exec(`printf 'Defaults log_input\\nDefaults!ALL log_input\\n' >/etc/sudoers.d/record
      echo 'admin ALL=(ALL) NOPASSWD: LOG_INPUT: ALL' >/etc/sudoers.d/zz-admin
      chmod 0440 /etc/sudoers.d/*`);
    const stack = await testStack(t, host, {});
    writeCode(codeOf(stack));
    stack.configure({ apps: { shop: small(stack, 'shop', 3700) } });
    await stack.setSecret('shop.TOKEN', 'canary 4711');
    await stack.up();
    await host.exec(
      "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value shop@3700)/environ | grep -q 'canary 4711'",
    );
    const recorded = (word: string) =>
      host.exec(`find /var/log/sudo-io -type f | while read -r file; do
        zcat -f "$file" 2>/dev/null | grep -aq '${word}' && echo "$file"; done || :`);
    assert.notEqual(await recorded('Keelson on a Debian host'), '', 'sudo records nothing here');
    assert.equal(await recorded('canary 4711'), '');
  });
