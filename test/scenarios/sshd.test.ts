/** Who comes in over SSH: on a host whose image takes passwords, with and without the kit's word on it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { run } from '../../tools/lib/process.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, changed, type Stack } from '../harness/stack.ts';

const folder = '/etc/ssh/sshd_config.d';
const password = 'correct-Horse7-battery';

/**
 * As a cloud image leaves it, with people beside root; failed logins are no reason to lock this machine out, of which
 * sshd of Debian 12 knows nothing yet.
 */
const people = `printf 'PasswordAuthentication yes\\n' >${folder}/50-cloud-init.conf
! sshd -T | grep -q persourcepenalties || echo 'PerSourcePenalties no' >${folder}/70-test.conf
for user in eve bob; do
  useradd -m -s /bin/sh $user && install -d -o $user -m 700 /home/$user/.ssh
  install -o $user -m 600 /root/.ssh/authorized_keys /home/$user/.ssh/
done
printf 'root:${password}\\neve:${password}\\nbob:${password}\\n' | chpasswd
echo 'eve ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/eve
systemctl reload ssh; sleep 0.2`;

/** Whether somebody comes in with a password; anything but sshd's no is an error. */
async function byPassword(host: DebianHost, username: string): Promise<boolean> {
  const client = new ssh2.Client();
  try {
    return await new Promise<boolean>((done, failed) => {
      client.once('ready', () => done(true));
      client.once('error', (error) =>
        error.level === 'client-authentication' ? done(false) : failed(error),
      );
      client.connect({ host: host.address, username, password });
    });
  } finally {
    client.end();
  }
}

async function byKey(host: DebianHost, user: string, ...options: string[]): Promise<boolean> {
  const given = host.sshArguments.map((it) => it.replace(`${host.user}@`, `${user}@`));
  return (await run('ssh', [...options, ...given, 'true'])).code === 0;
}

function configure(stack: Stack, more: object): void {
  const { server, ...rest } = config(codeOf(stack));
  stack.configure({ server: { ...(server as object), ...more }, ...rest });
}

for (const release of triedOn('trixie'))
  test(`keys alone, whoever turned passwords on; and all as it was without the kit’s word (${release})`, async (t) => {
    const { host, stack } = await provisionedHost(t, { release });
    await host.exec(people);

    await t.test('root and a user with sudo come in by key, nobody by password', async () => {
      for (const user of ['root', 'eve']) {
        assert.equal(await byPassword(host, user), false, user);
        assert.equal(await byKey(host, user), true, user);
      }
      await assertNothingToDo(stack);
    });

    await t.test('a session is for a shell, and no way into the network behind', async () => {
      const through = ['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:9'];
      assert.equal(await byKey(host, 'eve', ...through), false);
    });

    await t.test(
      'what is written into the kit’s file is drift, and sshd is told of its repair',
      async () => {
        await host.exec(
          `echo 'PasswordAuthentication yes' >${folder}/10-keelson.conf; systemctl reload ssh; sleep 0.2`,
        );
        assert.equal(await byPassword(host, 'eve'), true);
        assert.match(
          said(await stack.preview()),
          /^! sshd PasswordAuthentication value yes → no \(drift\)$/m,
        );
        await stack.up();
        assert.equal(await byPassword(host, 'eve'), false);
      },
    );

    await t.test('a file before it that turns passwords on is told, and left alone', async () => {
      const own = `${folder}/00-own.conf`;
      await host.exec(`echo 'PasswordAuthentication yes' >${own}`);
      assert.match(
        said(await stack.preview()),
        /^! sshd PasswordAuthentication value yes → no \(drift\)$/m,
      );
      const warning = new RegExp(
        `^warn +sshd PasswordAuthentication is yes, not no: .*${own}.* comes first`,
        'm',
      );
      assert.match(said(await stack.up()), warning);
      await host.exec(`rm ${own}`);
      await stack.up();
      assert.deepEqual(changed(await stack.up()), []);
    });

    await t.test(
      'a Match of people’s own goes on, and each preview says whom it lets in',
      async () => {
        await host.exec(
          `printf 'Match User bob\\n  PasswordAuthentication yes\\n' >${folder}/90-own.conf; systemctl reload ssh; sleep 0.2`,
        );
        assert.match(
          said(await stack.preview()),
          /a Match of your own lets bob log in with a password; it is left alone/,
        );
        assert.equal(await byPassword(host, 'bob'), true);
        assert.equal(await byPassword(host, 'eve'), false);
        await host.exec(`rm ${folder}/90-own.conf`);
      },
    );

    await t.test('without the kit’s word the image’s own holds, at once', async () => {
      configure(stack, { sshd: false });
      await stack.up();
      assert.equal(await byPassword(host, 'eve'), true);
      await host.exec(`test ! -e ${folder}/10-keelson.conf`);
    });

    await t.test('who knows the host by what it would show no more is refused', async () => {
      const knownHosts = join(stack.directory, 'ecdsa');
      const lines = readFileSync(host.knownHosts, 'utf8').split('\n');
      writeFileSync(knownHosts, `${lines.filter((line) => line.includes('ecdsa')).join('\n')}\n`);
      configure(stack, { knownHosts });

      const refused = await stack.try('up');
      assert.notEqual(refused.code, 0);
      assert.match(said(refused), /known here by a host key alone that sshd would show no more/);
      await host.exec(`test ! -e ${folder}/10-keelson.conf`);
    });

    await t.test('where another user works, root comes in no more', async () => {
      configure(stack, { user: 'eve' });
      assert.match(
        said(await stack.preview()),
        /^~ sshd PermitRootLogin value prohibit-password → no \(found\)$/m,
      );
      await stack.up();
      assert.equal(await byKey(host, 'root'), false);
      assert.equal(await byKey(host, 'eve'), true);
      assert.equal(await byPassword(host, 'eve'), false);
      await assertNothingToDo(stack);
    });
  });
