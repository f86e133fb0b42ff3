/** The ways in which an `up` is cut short, each a small record. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { holdLock } from '../harness/lock.ts';

export type Interruption = {
  readonly name: string;
  /** What is the matter before `up` begins. */
  readonly before?: (host: DebianHost) => Promise<void>;
  /** What happens to it at a random moment. */
  readonly strike?: (host: DebianHost, running: Running) => Promise<void>;
  /** How the host gets well again; called when `up` has ended. */
  readonly after?: (host: DebianHost) => Promise<void>;
  /** What it damages, beside the run. */
  readonly drift?: RegExp;
  /** What an error must say; without it `up` may also succeed. */
  readonly says?: RegExp;
  /** Only a host with a disk of its own can suffer it. */
  readonly needsDisk?: true;
};

type Process = { pid: number; parent: number; command: string };

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(name), parent: Number(parent), command }];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

/** A process and all that it started, and those started. */
function family(pid: number): Process[] {
  const all = processes();
  const below = (parent: number): Process[] =>
    all.filter((it) => it.parent === parent).flatMap((it) => [it, ...below(it.pid)]);
  return [...all.filter((it) => it.pid === pid), ...below(pid)];
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Ends processes on the host by what their command line is. */
const killOnHost = (host: DebianHost, pattern: string): Promise<unknown> =>
  host.tryExec(`for p in $(pgrep -f '${pattern}'); do kill -KILL "$p"; done`);

/** Monit notes at its own pace what it watches, and so may still leave out what was moved just then. */
const ownMemory = / monitor \S+ not monitored → monitored$/;

const readOnly = '/etc /usr /srv /var/lib';

export const interruptions: readonly Interruption[] = [
  {
    name: 'the CLI is killed with all that it started',
    strike: async (_host, { child }) => kill(family(child.pid ?? 0).map(({ pid }) => pid)),
  },
  {
    name: 'the CLI is interrupted from the keyboard',
    strike: async (_host, { child }) => void child.kill('SIGINT'),
  },
  {
    name: 'the plugin is killed',
    strike: async (_host, { child }) =>
      kill(
        family(child.pid ?? 0)
          .filter(({ command }) => command.includes('pulumi-resource-command'))
          .map(({ pid }) => pid),
      ),
  },
  {
    name: 'the sessions of sshd are killed',
    strike: async (host) => void (await killOnHost(host, '^sshd(-session)?: ')),
  },
  {
    name: 'the helper is killed',
    strike: async (host) => void (await killOnHost(host, '/usr/local/sbin/keelson apply')),
  },
  {
    name: 'the rollout is killed',
    strike: async (host) => void (await killOnHost(host, '/usr/local/sbin/keelson rollout')),
  },
  {
    name: 'the network is cut, and the CLI is ended',
    strike: async (host, { child }) => {
      await host.cutNetwork();
      await sleep(2000);
      kill(family(child.pid ?? 0).map(({ pid }) => pid));
    },
    after: (host) => host.mendNetwork(),
  },
  {
    name: 'the network is cut for a few seconds',
    strike: async (host) => {
      await host.cutNetwork();
      await sleep(3000);
      await host.mendNetwork();
    },
  },
  {
    name: 'the power is cut',
    strike: (host) => host.powerCut(),
    drift: ownMemory,
    after: (host) => host.boot(),
  },
  {
    name: 'the host crashes, and loses what it had not written',
    strike: (host) => host.crash(),
    drift: ownMemory,
    after: (host) => host.boot(),
    needsDisk: true,
  },
  {
    name: 'the disk is full',
    // To the last half block, since a whole `up` fits into what a big write leaves; and kept so, since
    // the journal and ext4's delayed allocation give blocks back.
    before: async (host) => {
      await host.exec(
        `systemd-run --quiet --unit=fill sh -c 'while :; do cat /dev/zero >>/var/full; dd if=/dev/zero bs=512 status=none >>/var/full; sync -f /var; touch /run/full; sleep 0.05; done'
        timeout 60 sh -c 'until [ -e /run/full ]; do sleep 0.1; done'`,
      );
    },
    after: async (host) => void (await host.exec('systemctl stop fill; rm -f /var/full /run/full')),
    says: /No space left on device/,
    needsDisk: true,
  },
  {
    name: 'the file system is read-only',
    // Each by itself, since the whole of it has files that are open for writing.
    before: async (host) =>
      void (await host.exec(
        `for d in ${readOnly}; do mount --bind $d $d && mount -o remount,ro,bind $d; done`,
      )),
    after: async (host) => void (await host.exec(`umount --lazy ${readOnly}`)),
    says: /Read-only file system/,
  },
  {
    name: 'the lock of dpkg is held for a while',
    drift: /package acl missing → installed/,
    before: async (host) => {
      await host.exec('dpkg --remove acl >/dev/null 2>&1');
      await holdLock(host, '/var/lib/dpkg/lock-frontend', 10);
    },
  },
  {
    name: 'the lock of apt’s lists is held for a while, as at the first boot of a host',
    drift: /package attr missing → installed/,
    before: async (host) => {
      const lists = '/var/lib/apt/lists';
      // Without them apt does not know the package, and has to fetch them.
      await host.exec(
        `dpkg --remove attr >/dev/null 2>&1; mkdir -p /root/lists; mv ${lists}/*_* /root/lists`,
      );
      await holdLock(host, `${lists}/lock`, 10, `mv /root/lists/* ${lists}`);
    },
  },
];
