import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SandboxHost, testHost } from '../harness/host.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import { type Stack, testStack } from '../harness/stack.ts';

/** What a login itself leaves, or what a host does without anybody's doing. */
const ownLife = [
  '/proc', // the kernel's
  '/sys', // the kernel's
  '/dev', // terminals
  '/run/agetty.reload', // consoles, which write their greeting anew when a host has booted
  '/run/dbus', // systemd's bus
  '/run/log/journal', // sshd and sudo say who came
  '/run/monit.sock', // Monit's own pace
  '/run/motd.dynamic', // sshd's greeting, made anew for each login
  '/run/sudo', // sudo's time stamps
  '/run/systemd', // sessions, inhibitors and transient units of logins
  '/run/user', // of the user who logs in
  '/run/utmp', // who is logged in
  '/var/lib/lastlog', // when somebody logged in last
  '/var/lib/logrotate', // logs are looked at each hour
  '/var/lib/monit', // Monit's own pace
  '/var/lib/systemd/timers', // when timers ran
  '/var/lib/wtmpdb', // who logged in
  '/var/log/btmp', // who failed to log in
  '/var/log/journal', // sshd and sudo say who came
  '/var/log/lastlog', // when somebody logged in last
  '/var/log/monit.log', // Monit's own pace
  '/var/log/nginx', // Monit asks nginx whether it lives
  '/var/log/wtmp', // who logged in
];

/** Every path with type, owner, mode, size, mtime, ctime, inode, link target, and content's hash; no access times. */
// Of /run itself the time tells when a login made its greeting; what is in it is compared.
async function everything(host: SandboxHost): Promise<string[]> {
  const prune = ownLife.map((path) => `-path ${path} -prune -o`).join(' ');
  const list = await host.exec(
    `find / ${prune} -path /run -o -printf '%p %y %U:%G %m %s %T@ %C@ %i %l\\n' 2>/dev/null; find / ${prune} -type f -size -4096k -exec sha256sum {} + 2>/dev/null; systemctl show '*' -p Id,ActiveState,MainPID,ActiveEnterTimestampMonotonic --no-pager | grep -vE 'session|user-?[0-9@]|run-'`,
    { timeout: 60_000 },
  );
  return list.split('\n').sort();
}

/** Runs a preview and fails when it left anything on the host. */
async function looksOnly(stack: Stack, host: SandboxHost, said: RegExp): Promise<void> {
  const before = await everything(host);
  const { messages } = await stack.preview();
  const after = await everything(host);
  const known = new Set(before);
  assert.deepEqual(
    after.filter((line) => !known.has(line)),
    [],
  );
  assert.equal(after.length, before.length);
  assert.match(messages.map(({ text }) => text).join('\n'), said);
}

test('a preview leaves every byte and every time stamp as it was', async (t) => {
  const host = await testHost(t, { user: 'admin' });
  const stack = await testStack(t, host, {});
  stack.configure(config(writeCode(codeOf(stack))));
  // sudo notes in a home that somebody used it for the first time.
  await host.ssh('sudo -n true');
  await t.test('on a host that nobody has touched', () =>
    looksOnly(stack, host, /^\+ base: \d+ items/m),
  );
  await stack.up();
  await t.test('on a host that is as it should be', () => looksOnly(stack, host, /^$/));
  await host.exec(`
    chmod 0666 /etc/nginx/keelson.d/shop.conf && echo '# by hand' >>/etc/nginx/nginx.conf
    rm /etc/keelson/sudoers.d/shop && mkfifo /etc/keelson/sudoers.d/by-hand
    echo '// by hand' >>"$(readlink -f /srv/shop/current)/server.js"
    systemctl stop shop@4190.service monit.service && usermod -s /bin/bash shop`);
  await t.test('on a host with drift of many kinds', () =>
    looksOnly(stack, host, /^! user shop shell \/bin\/bash → \/usr\/sbin\/nologin \(drift\)$/m),
  );
});
