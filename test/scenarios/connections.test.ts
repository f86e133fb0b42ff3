/** The connection of a stack's commands: who makes it, how often, and what that is no reason for. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { open } from '../../components/ssh/connection.ts';
import { root } from '../../tools/lib/pulumi.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { keyPair } from '../harness/ssh-server.ts';
import { assertNothingToDo, changed, type Stack, testStack } from '../harness/stack.ts';

/** As another operator has it: a key file, and of the host another key alone. */
function asAnother(stack: Stack, host: DebianHost, privateKey: string, kind: string): void {
  const knownHosts = join(stack.directory, 'known_hosts');
  const lines = readFileSync(host.knownHosts, 'utf8').split('\n');
  writeFileSync(knownHosts, `${lines.filter((line) => line.includes(kind)).join('\n')}\n`);
  const { server, ...rest } = config(codeOf(stack));
  stack.configure({ server: { ...(server as object), privateKey, knownHosts }, ...rest });
}

/** A private key in a file of the stack's. */
function keyFile(stack: Stack, name: string, text: string): string {
  const path = join(stack.directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test('operators with other keys and known hosts find nothing to do, and rotate keys', async (t) => {
  const { host, stack } = await provisionedHost(t);
  await assertNothingToDo(stack);
  const text = readFileSync(host.identity, 'utf8');
  asAnother(stack, host, keyFile(stack, 'id', text), 'ssh-rsa');
  await assertNothingToDo(stack);
  asAnother(stack, host, keyFile(stack, 'id', `\n${text}\n\n`), 'ed25519');
  await assertNothingToDo(stack);

  // The old key no longer logs in; the agent still holds it.
  const rotated = keyPair();
  await host.exec(`echo '${rotated.public}' >/root/.ssh/authorized_keys`);
  asAnother(stack, host, keyFile(stack, 'new', rotated.private), 'ssh-rsa');

  // What a destroy goes by is renewed, and nothing else.
  const renewed = ['update server-helper', 'update server-prune'];
  assert.deepEqual(changed(await stack.preview()), renewed);
  assert.deepEqual(changed(await stack.up()), renewed);
  await assertNothingToDo(stack);
  await stack.destroy();
  assert.equal((await host.tryExec('test -e /usr/local/sbin/keelson')).code, 1);
});

/**
 * As ufw's `limit ssh`: the sixth new connection in half a minute is refused, and so is each one after it until there
 * was none for half a minute.
 */
const limit = `table inet ssh_limit {
  set seen { type ipv4_addr; flags dynamic,timeout; timeout 60s; }
  set refused { type ipv4_addr; flags dynamic,timeout; timeout 30s; }
  chain input {
    type filter hook input priority -10;
    tcp dport 22 ct state new ip saddr @refused update @refused { ip saddr timeout 30s } counter reject with tcp reset
    tcp dport 22 ct state new update @seen { ip saddr limit rate over 10/minute burst 5 packets } add @refused { ip saddr timeout 30s } counter reject with tcp reset
  }
}
`;

test('a first up where six connections in half a minute are one too many ends well', async (t) => {
  const host = await testHost(t, { user: 'admin' });
  await host.exec('apt-get install -y -qq nftables >/dev/null 2>&1');
  await host.exec('cat >/root/limit.nft; nft -f /root/limit.nft', { input: limit });
  const apps = {
    hello: {
      ...{ source: join(root, 'test/apps/hello'), start: 'server.js', domains: ['default'] },
      ...{ instances: 1, rollout: { drain: '1s', watch: '0s', answers: 1, start: '20s' } },
    },
  };
  const stack = await testStack(t, host, { apps });
  await stack.preview();
  const run = await stack.up();
  assert.match(
    said(run),
    /server server \(admin@\S+\): its packet filter lets 5 new connections to port 22 through in 30 s; this run makes about \d+ of them, and waits in between/,
  );
  const rules = await host.exec('nft list table inet ssh_limit');
  assert.equal([...rules.matchAll(/counter packets 0 bytes 0/g)].length, 2, rules);
  assert.equal((await ask(host, '/')).status, 200);
  await assertNothingToDo(stack);
});

test('thirty hosts are looked at through one jump host whose sshd lets ten log in at once', async (t) => {
  const host = await testHost(t);
  await host.exec(
    "echo 'MaxStartups 10:100:10' >/etc/ssh/sshd_config.d/few.conf; systemctl reload ssh; /usr/sbin/sshd -p 2222 -o MaxStartups=100",
  );
  const hostKey = (await host.exec('cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub')).trim();
  const home = mkdtempSync(join(tmpdir(), 'keelson-home-'));
  const before = process.env.HOME;
  t.after(() => {
    process.env.HOME = before;
    rmSync(home, { recursive: true });
  });
  process.env.HOME = home;
  mkdirSync(join(home, '.ssh'));
  const config = `Host gate
  HostName ${host.address}
  UserKnownHostsFile ${host.knownHosts}
Host behind*
  HostName 127.0.0.1
  Port 2222
  ProxyJump gate
Host *
  User root
  IdentityFile ${host.identity}
`;
  writeFileSync(join(home, '.ssh/config'), config);
  const names = Array.from({ length: 30 }, (_, index) => `behind${index}`);
  const once = { ready: 60_000, again: [] };
  const said = await Promise.all(
    names.map(async (name) => {
      const session = await open({ name, address: name, hostKey }, once);
      const answer = await session.script('echo here');
      session.close();
      return answer.trim();
    }),
  );
  assert.deepEqual(new Set(said), new Set(['here']));
  assert.equal(said.length, 30);
});
