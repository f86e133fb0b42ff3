/** What docs/state.md says of Pulumi's state: moving it, two people at once, and what is in it. */
import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pulumi } from '../../tools/lib/pulumi.ts';
import { said, start } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { waitFor } from '../harness/on-host.ts';
import { documented } from '../harness/operating.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, assertUntouched, changed, type Stack } from '../harness/stack.ts';

const word = 'planted-5ecret-word';

/** All that lies in the folder of a backend: states, older ones, the history. */
const filesOf = (state: string): [string, string][] =>
  globSync('**', { cwd: join(state, '.pulumi'), withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'utf8')]);

/** What gives a secret away, as it is and as an encoding of it. */
const traces = (secret: string): string[] =>
  [0, 1, 2].flatMap((shift) => [
    secret,
    Buffer.from(`${' '.repeat(shift)}${secret}`)
      .toString('base64')
      .slice(4, -4),
  ]);

/** A line of the private key in a state, beyond those that tell the public key. */
function keyIn(shown: string): string {
  const [, body = ''] = /BEGIN OPENSSH PRIVATE KEY-----(.*?)-----END/.exec(shown) ?? [];
  const lines = body.split(/[^A-Za-z0-9+/=]+n/);
  assert.ok((lines[3] ?? '').length > 40, 'the state has no key');
  return lines[3] ?? '';
}

async function withSecrets(stack: Stack, host: DebianHost): Promise<void> {
  const { server, apps } = config(codeOf(stack));
  stack.configure({ server: { ...(server as object), privateKey: host.identity }, apps });
  await stack.setSecret('shop.TOKEN', word);
  // Else the connection, and with it the key, is noted where something is removed alone.
  await host.exec('chmod 0666 /etc/nginx/nginx.conf');
  await stack.up();
}

test('the state of a stack', { timeout: 600_000 }, async (t) => {
  const { host, stack } = await provisionedHost(t);
  const there = join(stack.directory, 'state');

  await t.test('what is secret is in none of its files, unless it is asked for', async () => {
    await withSecrets(stack, host);
    const found = (texts: readonly string[], secret: string) =>
      texts.filter((text) => traces(secret).some((trace) => text.includes(trace))).length;
    const exported = (await stack.pulumi(['stack', 'export', '--stack', stack.name])).stdout;
    const shown = JSON.stringify(await stack.state());
    const files = filesOf(there).map(([, text]) => text);
    assert.ok(files.length > 2);
    for (const secret of [word, keyIn(shown)]) {
      assert.equal(found([shown], secret), 1, `the state has no ${secret} at all`);
      assert.equal(found([exported, ...files], secret), 0);
    }
    await assertNothingToDo(stack);
  });

  await t.test('an up while another one goes on is refused; a preview is not', async () => {
    await host.exec('systemd-run -q --collect --unit=holder flock /var/lib/keelson/lock sleep 300');
    await host.exec('chmod 0666 /etc/nginx/nginx.conf');
    const first = stack.start('up');
    await waitFor(host, "pgrep -f 'keelson (apply|prune) server'", 60);
    const second = await stack.try('up');
    assert.notEqual(second.code, 0);
    assert.match(said(second), documented('The stack is locked'));
    await stack.preview();
    await host.exec('systemctl stop holder');
    const { code } = await first.ended;
    assert.equal(code, 0);
    await assertNothingToDo(stack);
  });

  await t.test('it moves to another folder, and up changes nothing', async () => {
    const state = join(stack.directory, 'other');
    mkdirSync(state);
    const options = {
      cwd: stack.directory,
      state,
      env: { SSH_AUTH_SOCK: await host.agent() },
    };
    const file = join(stack.directory, 'state.json');
    await stack.pulumi(['stack', 'export', '--file', file, '--stack', stack.name]);
    for (const args of [
      ['stack', 'init', stack.name, '--no-select'],
      ['stack', 'import', '--file', file, '--stack', stack.name],
    ]) {
      const { code, stderr } = await pulumi(args, options);
      assert.equal(code, 0, stderr);
    }
    // Nobody is to go on with the old one.
    await stack.pulumi(['stack', 'rm', '--force', '--preserve-config', '--yes', stack.name]);
    await assertUntouched(stack, async () => {
      const run = await start('up', ['--stack', stack.name], options).ended;
      assert.equal(run.code, 0, said(run));
      assert.deepEqual(changed(run), []);
    });
  });
});
