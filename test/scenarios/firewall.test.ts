/** The firewall of a real host, asked from outside: what is open, what is shut, and what nothing takes away. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { knock, linkLocal } from '../harness/knock.ts';
import { waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, changed, type Stack } from '../harness/stack.ts';
import { inOrder, type Step } from '../harness/steps.ts';

type Target = { host: DebianHost; stack: Stack };

function configure({ stack }: Target, firewall: unknown): void {
  const { server, apps } = config(codeOf(stack));
  stack.configure({ server: { ...(server as object), firewall }, apps });
}

/** A line back for each that is said. */
const echo = `require('net').createServer((s) => s.pipe(s).on('error', () => {})).listen(5432, '::')`;

async function says(socket: Socket, line: string): Promise<string> {
  socket.write(line);
  const [heard] = await once(socket, 'data', { signal: AbortSignal.timeout(3000) });
  return String(heard);
}

const shut = (target: Target): Step => [
  'what nobody opened is refused at once, over IPv4 and IPv6; sshd and nginx answer',
  async () => {
    const { host, stack } = target;
    await host.exec(`systemd-run --quiet --unit=database node -e "${echo}"`);
    await waitFor(host, "ss -Hltn 'sport = :5432' | grep -q .");
    for (const address of [host.address, await linkLocal(host)]) {
      assert.equal(await knock(address, 5432), 'ECONNREFUSED', address);
      for (const port of [22, 80]) assert.equal(await knock(address, port), 'open', address);
    }
    assert.equal((await ask(host, '/', { domain: 'shop.example.com' })).status, 200);
    // Told, and no reason for a run.
    const preview = await stack.preview();
    assert.match(
      said(preview),
      /! port 5432 \(node\) listens, and the firewall lets nobody in; firewall: \{ open: \[\{ port: 5432 \}\] \} in keelson:server does/,
    );
    assert.deepEqual(changed(preview), []);
  },
];

const asked = (target: Target): Step => [
  'without a firewall all is open; to turn it on names who listens, and cuts no connection off',
  async () => {
    const { host, stack } = target;
    configure(target, false);
    await stack.up();
    assert.equal(await knock(host.address, 5432), 'open');
    const before = connect(5432, host.address);
    assert.equal(await says(before, 'one'), 'one');
    configure(target, { ssh: { from: ['192.0.2.0/24'] } });
    assert.match(
      said(await stack.try('preview')),
      /firewall\.ssh\.from: leaves out 198\.18\.\d+\.1, from where this run logs in/,
    );
    configure(target, {});
    const refused = await stack.try('up');
    assert.notEqual(refused.code, 0);
    assert.match(
      said(refused),
      /! port 5432 \(node\) is open to all and would be closed; firewall: \{ open: \[\{ port: 5432 \}\] \} in keelson:server keeps it, firewall: \{ close: \[5432\] \} shuts it/,
    );
    assert.equal(await knock(host.address, 5432), 'open');
    // To those who may come alone.
    configure(target, { open: [{ port: 5432, from: ['fe80::/10'] }] });
    await stack.up();
    assert.equal(await knock(host.address, 5432), 'ECONNREFUSED');
    assert.equal(await knock(await linkLocal(host), 5432), 'open');
    assert.equal(await says(before, 'two'), 'two');
    before.destroy();
  },
];

const comesBack = (target: Target): Step => [
  'it comes back after Debian’s flush; what somebody took out is mended, and other tables are left alone',
  async () => {
    const { host, stack } = target;
    await host.exec('systemctl restart nftables');
    // It follows, in a job of its own.
    await waitFor(host, 'nft list chain inet keelson ssh');
    assert.equal(await knock(host.address, 5432), 'ECONNREFUSED');
    await host.exec(`nft -f - <<'RULES'
      table inet f2b-table {
        chain f2b-chain {
          type filter hook input priority filter - 1
          tcp dport 80 ip saddr 198.51.100.7 reject
        }
      }
RULES
      nft flush chain inet keelson input`);
    const others = await host.exec('nft list table inet f2b-table');
    assert.equal(await knock(host.address, 5432), 'open');
    assert.match(said(await stack.preview()), /! ruleset keelson rules others → loaded \(drift\)/);
    await stack.up();
    assert.equal(await knock(host.address, 5432), 'ECONNREFUSED');
    assert.equal(await host.exec('nft list table inet f2b-table'), others);
  },
];

const flooded = (target: Target): Step => [
  'a flood of connections to sshd is cut down, and a run of the kit comes through it',
  async () => {
    const { host, stack } = target;
    // sshd has limits of its own, which count what never logs in; that of Debian 12 has no penalties.
    await host.exec(`
      { ! sshd -T | grep -q persourcepenalties || echo 'PerSourcePenalties no'
        echo 'MaxStartups 1000'
      } >/etc/ssh/sshd_config.d/00-flood.conf
      systemctl reload ssh`);
    const all = await Promise.all(Array.from({ length: 240 }, () => knock(host.address, 22)));
    const silent = all.filter((outcome) => outcome === 'silence').length;
    assert.ok(silent > 20 && silent < 120, `${silent} of 240 got no answer`);
    assert.equal(await knock(host.address, 80), 'open');
    configure(target, { close: [5432] });
    await stack.up();
    assert.equal(await knock(await linkLocal(host), 5432), 'ECONNREFUSED');
    // Who came when is no drift.
    await assertNothingToDo(stack);
  },
];

for (const release of triedOn('trixie'))
  test(`the firewall, ${release}`, { timeout: 300_000 }, async (t) => {
    const target = await provisionedHost(t, { release, cpus: 2 });
    await inOrder(
      t,
      [shut, asked, comesBack, flooded].map((step) => step(target)),
    );
  });
