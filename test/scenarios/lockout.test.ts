/** What can shut us out goes back by itself, whatever happens in between, unless a new connection came in. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Item } from '../../components/host/item.ts';
import { aptPackage, file, sysctl, unit } from '../../components/host/kinds.ts';
import { text } from '../../components/host/manifest.ts';
import { run as runProgram } from '../../tools/lib/process.ts';
import { root } from '../../tools/lib/pulumi.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import {
  apply,
  converge,
  install,
  lookAt,
  manifest,
  rows,
  server,
  tryApply,
} from '../harness/helper.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { waitFor } from '../harness/on-host.ts';
import { triedOn } from '../harness/releases.ts';
import { changed, type Stack, testStack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

const rules = (policy: 'accept' | 'drop') =>
  `#!/usr/sbin/nft -f\nflush ruleset\ntable inet own {\n\tchain input {\n\t\ttype filter hook input priority filter; policy ${policy};\n\t\tiif lo accept\n\t\tct state established accept\n\t}\n}\n`;

const firewall = (policy: 'accept' | 'drop'): Item[] => [
  file('/etc/nftables.conf', rules(policy), { mode: '0755' }),
  unit('nftables.service', {
    ...{ enabled: 'enabled', active: 'active', change: 'reload', config: '/etc/nftables.conf' },
  }),
];

const sshd = (line: string): Item[] => [
  file('/etc/ssh/sshd_config.d/00-own.conf', `${line}\n`, { check: 'sshd' }),
  unit('ssh.service', {
    enabled: 'enabled',
    active: 'active',
    change: 'reload',
    config: '/etc/ssh',
  }),
];

/** Of each way to be shut out, what does it. */
const shutting: Record<string, Item[]> = {
  'a firewall that lets no ssh in': firewall('drop'),
  'an sshd that does not read our key': sshd('AuthorizedKeysFile none'),
  'an sshd at another port': sshd('Port 2222'),
  'sudo taken away': [
    file('/etc/sudoers.d/zz-own', 'admin ALL=(ALL:ALL) PASSWD: ALL\n', {
      mode: '0440',
      check: 'sudoers',
    }),
  ],
  'a setting of the kernel': [
    file('/etc/sysctl.d/99-own.conf', 'net.ipv4.ip_default_ttl = 99\n'),
    sysctl('net.ipv4.ip_default_ttl', '99'),
  ],
};

// Far more than a run takes on a busy machine: where the time itself is no matter, its end is brought about.
const access = (items: readonly Item[], confirm = 90) => manifest(items, 'access', { confirm });

/** Whether the program's user comes in over a new connection, and becomes root. */
async function comesIn(host: DebianHost): Promise<boolean> {
  const args = ['-o', 'ConnectTimeout=1', ...host.sshArguments, 'sudo -n true'];
  return (await runProgram('ssh', args)).code === 0;
}

/** Lets the time be over, as its timer does, and waits until all is back. */
async function goesBack(host: DebianHost): Promise<void> {
  await host.exec('systemctl start keelson-confirm-access.service');
  await waitFor(host, '! systemctl is-active -q keelson-confirm-access.service', 60);
  await host.exec('! ls /var/lib/keelson/confirm/access');
}

const confirmBy = (host: DebianHost, run: string) =>
  host.ssh(`sudo -n keelson confirm ${run} ${server}`);

/** What could tell that something was to be confirmed. */
const traces =
  'ls -A /var/lib/keelson/confirm /run/keelson /etc/systemd/system /etc/systemd/system/sysinit.target.wants /etc/ssh/sshd_config.d; systemctl list-units --all --plain --no-legend "keelson-confirm*"; sysctl -n net.ipv4.ip_default_ttl; nft list tables; systemctl is-active nftables ssh; systemctl is-enabled nftables ssh; cat /etc/nftables.conf; ls -l /etc/nftables.conf /etc/sudoers.d';

/** Starts, and does not come to its end. */
const slow: Item[] = [
  file(
    '/etc/systemd/system/slow.service',
    '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 600\n',
  ),
  unit('slow.service', {
    enabled: 'static',
    active: 'active',
    fragment: '/etc/systemd/system/slow.service',
  }),
];

/** Begins to shut us out over a connection of ours, and returns in the middle of it. */
async function inTheMiddle(host: DebianHost, run: string) {
  const input = text(access([...firewall('drop'), ...slow]), { run, lines: ['takeover'] });
  const alive = ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=5'];
  const command = [...alive, ...host.sshArguments, `sudo -n keelson apply ${server}`];
  const ended = runProgram('ssh', command, { input });
  await waitFor(host, 'systemctl is-active slow | grep -qx activating && nft list table inet own');
  return { ended };
}

const steps: Record<string, (host: DebianHost, t: TestContext) => Promise<void>> = {
  'what a new connection confirms stays, and nothing is left of the waiting': async (host) => {
    await apply(host, manifest([aptPackage('nftables')]));
    const lines = await apply(host, access(firewall('accept')), 'r-kept');
    const waits = 'change access: goes back by itself in 90 s, unless a new connection confirms it';
    assert.ok(lines.includes(waits), lines.join('\n'));
    // What the next boot has is nothing to this one, whatever else is started meanwhile.
    await host.exec(
      'systemctl daemon-reload; systemctl restart systemd-sysctl; test -f /var/lib/keelson/confirm/access/run',
    );
    const timer = await host.exec('systemctl show keelson-confirm-access.timer');
    // The clock on the wall may jump: it has no part in it.
    assert.match(timer, /^TimersMonotonic=\{ OnActiveUSec=1min 30s /m);
    assert.doesNotMatch(timer, /^(TimersCalendar|NextElapseUSecRealtime)=\S/m);
    assert.equal(await confirmBy(host, 'r-kept'), 'change access: confirmed\n');
    assert.equal(await confirmBy(host, 'r-kept'), '');
    assert.deepEqual(await rows(host, access(firewall('accept'))), []);
    await host.exec(
      'nft list table inet own; ! systemctl list-units --all | grep keelson-confirm; ! ls /etc/systemd/system/*confirm* /etc/systemd/system/*/*confirm*; test -z "$(ls -A /var/lib/keelson/confirm)"',
    );
    await apply(host, access([]), 'r-none');
    await confirmBy(host, 'r-none');
  },

  'what moves there from another manifest is not taken away before': async (host) => {
    const others = [aptPackage('nftables')];
    const moving = sysctl('net.ipv4.ip_default_ttl', '77');
    await converge(host, manifest([...others, moving]));
    const lines = await converge(host, manifest(others), access([moving]));
    assert.deepEqual(lines, []);
    await host.exec('test "$(sysctl -n net.ipv4.ip_default_ttl)" = 77');
    await apply(host, access([]), 'r-left');
    await confirmBy(host, 'r-left');
    await host.exec('test "$(sysctl -n net.ipv4.ip_default_ttl)" = 64');
  },

  'each that shuts out goes back, live as on disk, and is due again': async (host) => {
    const before = await host.exec(traces);
    for (const [what, items] of Object.entries(shutting)) {
      const run = `r-${what.replaceAll(' ', '-')}`;
      await apply(host, access(items), run);
      assert.equal(await comesIn(host), what.includes('kernel'), what);
      await goesBack(host);
      assert.ok(await comesIn(host), what);
      assert.equal(await host.exec(traces), before, what);
      assert.equal((await lookAt(host, access(items))).seen[0]?.due, true, what);
      const { code, stderr } = await host.tryExec(`keelson confirm ${run} ${server}`);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^keelson: access went back to what was there before, since no new connection had confirmed it in time; mend what shut this run out, and run up again\. \S+ says:\n( {4}\| .*\n)*.*not confirmed in time, goes back\n/,
      );
    }
  },

  'a network that is cut in the middle of a change that hangs': async (host) => {
    const before = await host.exec(traces);
    const { ended } = await inTheMiddle(host, 'r-cut');
    await host.cutNetwork();
    await goesBack(host);
    await host.mendNetwork();
    assert.ok(await comesIn(host));
    assert.equal(await host.exec(traces), before);
    assert.notEqual((await ended).code, 0);
  },

  'a helper that is killed, and a power cut': async (host) => {
    const before = await host.exec(traces);
    const { ended } = await inTheMiddle(host, 'r-power');
    await host.exec('kill -KILL "$(cat /var/lib/keelson/confirm/access/pid)"; sync');
    assert.equal(await comesIn(host), false);
    // A container's network outlives its power; on a machine the rules go with it.
    await host.exec('nft flush ruleset');
    await host.powerCut();
    await ended;
    await host.boot();
    assert.ok(await comesIn(host));
    assert.equal(await host.exec(traces), before);
    assert.match(
      await host.exec('cat /var/log/keelson.log'),
      / r-power access change access: not confirmed before this boot, goes back\n/,
    );
  },

  'a second run waits until it is known what becomes of the first': async (host) => {
    await apply(host, access(firewall('drop')), 'r-first');
    const second = tryApply(host, access(firewall('accept')), 'r-second');
    await waitFor(host, 'grep -q "r-second access waits" /var/log/keelson.log');
    await goesBack(host);
    assert.equal((await second).code, 0);
    assert.equal(await confirmBy(host, 'r-second'), 'change access: confirmed\n');
    assert.deepEqual(await rows(host, access(firewall('accept'))), []);
  },

  'after a run that was cut off before it confirmed, the same change waits for nothing': async (
    host,
  ) => {
    const all = access([...firewall('accept'), ...(shutting['a setting of the kernel'] as Item[])]);
    await apply(host, all, 'r-off');
    assert.deepEqual(await apply(host, all, 'r-off'), []);
    assert.equal(await confirmBy(host, 'r-off'), 'change access: confirmed\n');
    assert.doesNotMatch(await host.exec('cat /var/log/keelson.log'), / r-off access waits/);
    await apply(host, access(firewall('accept')), 'r-on');
    await confirmBy(host, 'r-on');
  },

  'a socket in the place of a file is put aside, and comes back with all else': async (host) => {
    const items = shutting['a setting of the kernel'] as Item[];
    const path = '/etc/sysctl.d/99-own.conf';
    await host.exec(
      `cd /etc/sysctl.d && perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("99-own.conf")) or die'`,
    );
    const all = access([...firewall('accept'), ...items]);
    await apply(host, all, { run: 'r-socket', lines: ['takeover'] });
    await host.exec(`test -f ${path}`);
    await goesBack(host);
    await host.exec(`test -S ${path} && rm ${path}`);
  },

  'a disk that is full: what is changed goes back, and nothing else is': async (host) => {
    const before = await host.exec(traces);
    const fill =
      'cat /dev/zero >/var/full 2>/dev/null; dd if=/dev/zero bs=512 >>/var/full 2>/dev/null';
    await apply(host, access(firewall('drop')), 'r-full');
    await host.exec(`${fill}; ! dd if=/dev/zero of=/etc/more bs=4096 count=1 2>/dev/null`);
    await goesBack(host);
    assert.ok(await comesIn(host));
    const { code, stderr } = await tryApply(host, access(firewall('drop')), 'r-fuller');
    assert.equal(code, 1);
    assert.match(stderr, /No space left on device/);
    await host.exec('rm /var/full /etc/more');
    assert.ok(await comesIn(host));
    assert.equal(await host.exec(traces), before);
  },

  'up fails with what happened, and the next one tries again': async (host, t) => {
    const stack = await testStack(t, host, {});
    stack.use(program(stack, [aptPackage('nftables'), ...firewall('drop')]));
    const failed = await stack.try('up');
    assert.notEqual(failed.code, 0);
    const words = said(failed);
    assert.match(
      words,
      /server server \(admin@[\d.]+:22\): cannot be reached: .*\nthat is since access was changed there, which goes back by itself after 10 s unless a new connection comes in; this run tries until then/,
    );
    assert.match(words, /keelson: access went back to what was there before/);
    assert.ok(await comesIn(host));
    const due = await stack.preview();
    assert.ok(
      changed(due).some((step) => step.endsWith(' server-access')),
      said(due),
    );
    assert.match(said(due), /~ file \/etc\/nftables\.conf content/);
    stack.use(program(stack, [aptPackage('nftables'), ...firewall('accept')]));
    await stack.up();
    assert.deepEqual(changed(await stack.up()), []);
    await stack.destroy();
  },
};

/** A program of one component alone, whose host has less time. */
function program(stack: Stack, items: readonly Item[]): string {
  const own = join(stack.directory, 'program');
  mkdirSync(own, { recursive: true });
  const write = (name: string, content: string) => writeFileSync(join(own, name), content);
  write('package.json', '{ "type": "module" }');
  write(
    'Pulumi.yaml',
    'name: keelson\nmain: index.ts\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n',
  );
  write(
    'index.ts',
    `import { manifests } from '${root}/components/host/manifests.ts';
import { serverComponents } from '${root}/components/server/components.ts';
Object.assign(manifests.access, { confirm: 10 });
const own = { name: 'own', fields: {}, render: () => ({ access: ${JSON.stringify(items)} }) };
serverComponents.splice(1, serverComponents.length, own);
export const { apps } = await import('${root}/index.ts');
`,
  );
  return own;
}

for (const release of triedOn('trixie'))
  test(`nobody is locked out of ${release}`, { timeout: 600_000 }, async (t) => {
    const host = await testHost(t, { release, user: 'admin', diskMegabytes: 300 });
    await install(host);
    await inOrder(
      t,
      Object.entries(steps).map(([title, step]) => [title, () => step(host, t)]),
    );
  });
