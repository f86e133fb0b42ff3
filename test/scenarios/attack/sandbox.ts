/** Sandbox: what an app finds out of others, and what it moves, by all that a process may try. */
import assert from 'node:assert/strict';
import type { DebianHost } from '../../harness/host.ts';
import { mainPids } from '../../harness/on-host.ts';
import type { Step } from '../../harness/steps.ts';
import { type Attempts, inside } from './attempts.ts';

/** Code for the hostile app: what a command prints when it succeeds, and nothing else. */
const runs = (command: string): string => `
  const { spawnSync } = await load('node:child_process');
  const { status, stdout } = spawnSync('sh', ['-c', ${JSON.stringify(command)}], { timeout: 8000 });
  return status === 0 ? String(stdout) || 'succeeded' : null;`;

const perl = (text: string): string =>
  `const { spawnSync } = await load('node:child_process');
  return String(spawnSync('perl', ['-MSocket', '-e', ${JSON.stringify(text)}], { timeout: 8000 }).stdout);`;

/**
 * Sockets that the app can connect to, of all that the kernel lists: in files, and abstract ones. Of a socket
 * of streams only the one that listens counts: its connections are listed by the same name. Connecting does
 * not wait; where a queue is full (`EAGAIN`, 11) the app was let in all the same.
 */
const open = perl(
  String.raw`open(U, "/proc/net/unix"); <U>; my %seen;
  while (<U>) { my @f = split; my $p = $f[7] // next; next if $f[4] == 1 && !(hex($f[3]) & 0x10000); next if $seen{"$f[4]$p"}++;
    my $n = $p; $n =~ tr/\x40/\0/ if $p =~ /^\x40/;
    socket(my $s, PF_UNIX, hex($f[4]) | 2048, 0) or next; print "$p\n" if connect($s, pack("S a*", 1, $n)) || $! == 11 }`,
);

/** Who writes there is known by the kernel to be the app; names are looked up there. */
const needed =
  /^\/run\/systemd\/(?:journal\/(?:socket|stdout|dev-log)|notify|userdb\/.*|resolve\/.*)$/;

/** What may be tried by anybody, and must come to nothing. */
const commands = (pid: number): readonly string[] => [
  'systemctl show -p Environment,ExecStart shop@3700',
  'systemctl list-units shop@3700.service',
  'busctl --system list',
  'systemctl restart shop@3700',
  'sudo -n true',
  'unshare -U true',
  'unshare -r mount -t tmpfs none /mnt',
  `kill -0 ${pid}`,
  `cat /proc/${pid}/cmdline | grep .`,
  'ls /proc | grep -E "^[0-9]+$" | while read p; do [ ! -r /proc/$p/status ] || awk -v own=$(id -u) "/^Uid:/ && \\$2 != own { print }" /proc/$p/status; done | grep .',
  'journalctl -q -n 1 -u shop@3700 | grep .',
  'echo x >/proc/sys/kernel/hostname',
  'mkdir /sys/fs/cgroup/x',
  'cat /etc/keelson/shop/environment',
  'find /var/lib/keelson /run/keelson* /etc/keelson -type f -readable ! -path "/etc/keelson/evil/*" ! -path "/etc/keelson/filter.d/*" ! -path "/etc/keelson/logrotate.d/*" 2>/dev/null | grep .',
  'find /dev -type b -o -type c -readable ! -path "/dev/pts/*" ! -name null ! -name zero ! -name full ! -name random ! -name urandom ! -name tty ! -name ptmx | grep .',
  'awk -v own=$(id -u) "$6 != own" /proc/keys | grep .',
];

/** Groups of addresses that an app has no business with: packets, virtual machines, the kernel's ciphers. */
const families = [17, 40, 38, 31];

export const sandbox = (host: DebianHost, attempts: Attempts): readonly Step[] => [
  [
    'an app is told nothing of others, and moves nothing of theirs',
    async () => {
      const [pid = 0] = await mainPids(host, 'shop@3700');
      assert.ok(pid > 0);
      for (const command of commands(pid)) {
        const { value, error } = await inside(host, runs(command));
        assert.equal(error, undefined, command);
        attempts.note(command, value);
      }
    },
  ],
  [
    'no socket of the host answers it but those that it needs',
    async () => {
      const reached = String((await inside(host, open)).value).split('\n');
      assert.ok(reached.includes('/run/systemd/journal/stdout'), 'the attempt itself works');
      for (const path of reached.filter(Boolean)) attempts.note(path, !needed.test(path));
    },
  ],
  [
    'system calls that pass by the sandbox are none of its',
    async () => {
      for (const family of families)
        attempts.note(
          `sockets of the family ${family}`,
          (await inside(host, perl(`print "made" if socket(my $s, ${family}, 2, 0)`))).value,
        );
      for (const call of [425, 426, 427])
        attempts.note(
          `io_uring, ${call}`,
          (
            await inside(
              host,
              perl(`syscall(${call}, 1, 0, 0, 0, 0, 0); print "allowed: $!" if $! != 1`),
            )
          ).value,
        );
    },
  ],
];
