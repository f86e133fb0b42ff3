/** A server that is reached through another one of the same stack: what is changed at the gate does not shut it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { assertNothingToDo, changed, type Stack, testStack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

/** Writes the ssh_config of a home directory of its own, in which the jump is made by somebody. */
function home(t: TestContext, gate: DebianHost, inner: DebianHost): (user: string) => void {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-home-'));
  const before = process.env.HOME;
  t.after(() => {
    process.env.HOME = before;
    rmSync(directory, { recursive: true });
  });
  process.env.HOME = directory;
  mkdirSync(join(directory, '.ssh'));
  return (user) =>
    writeFileSync(
      join(directory, '.ssh/config'),
      `Host ${inner.address}\n  ProxyJump ${user}@gate\nHost gate\n  HostName ${gate.address}\n  UserKnownHostsFile ${gate.knownHosts}\n`,
    );
}

const configure = (stack: Stack, gate: object, inner: object = {}) =>
  stack.configure({ servers: { gate, inner }, apps: {} });

async function refuses(stack: Stack, message: RegExp): Promise<void> {
  const refused = await stack.try('preview');
  assert.notEqual(refused.code, 0);
  assert.match(said(refused), message);
}

test('a server behind another of its stack', { timeout: 300_000 }, async (t) => {
  const gate = await testHost(t, { user: 'admin' });
  const inner = await testHost(t, { user: 'admin' });
  const keys = await inner.exec('cat /home/admin/.ssh/authorized_keys');
  await gate.exec(
    'mkdir -p /root/.ssh; tee -a /root/.ssh/authorized_keys >>/home/admin/.ssh/authorized_keys; cat /home/admin/.ssh/authorized_keys >/root/.ssh/authorized_keys',
    { input: keys },
  );
  const jumpAs = home(t, gate, inner);
  jumpAs('root');
  const stack = await testStack(t, [gate, inner], { apps: {} });

  await inOrder(t, [
    [
      'a gate that would forward nothing, or let in no more who goes through it, ends the preview',
      async () => {
        configure(stack, {});
        const lost = /server gate \S+: inner is reached through it \(ProxyJump\), and sshd would/;
        await refuses(stack, lost);
        configure(stack, { sshd: { forwarding: 'local' } });
        await refuses(
          stack,
          /inner is reached through it as root \(ProxyJump\), and sshd would let/,
        );
      },
    ],
    [
      'both are set up in one run, through a gate that gets its firewall and its sshd meanwhile',
      async () => {
        jumpAs('admin');
        await stack.up();
        for (const host of [gate, inner]) await host.exec('nft list chain inet keelson ssh');
        await assertNothingToDo(stack);
      },
    ],
    [
      'the inner one is changed alone; the gate is still not let shut it',
      async () => {
        const local = { sshd: { forwarding: 'local' } };
        configure(stack, local, { firewall: { open: [{ port: 5432 }] } });
        const all = changed(await stack.up());
        assert.ok(all.length > 0 && all.every((name) => name.includes('inner')), all.join());
        configure(stack, {}, { firewall: { open: [{ port: 5432 }] } });
        await refuses(stack, /set sshd: \{ forwarding: local \} for this server/);
      },
    ],
  ]);
});
