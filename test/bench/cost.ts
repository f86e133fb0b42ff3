/**
 * What supervision costs on a host, beside the same app under PM2, both idle and at the same time:
 *
 *     npm run bench -- cost [--minutes 3] [--release trixie]
 *
 * Of the kit that is Monit with all that it runs, and systemd with what its timers run, Debian's own timers among them:
 * systemd is there in both cases. journald takes the apps' output, which PM2 does itself, and is told apart.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { releases } from '../../tools/container/base.ts';
import { options } from '../../tools/lib/options.ts';
import { faint, print } from '../../tools/lib/terminal.ts';
import { type DebianHost, withHost } from '../harness/host.ts';
import { release } from '../harness/stack.ts';
import { startPm2, stopPm2 } from './pm2.ts';
import { config, withStack } from './stacks.ts';

const { values } = options('npm run bench -- cost [--minutes 3] [--release trixie]', {
  options: {
    minutes: { type: 'string', default: '3' },
    release: { type: 'string', default: 'trixie' },
  },
});
const minutes = Number(values.minutes);
const debian = releases.find((name) => name === values.release);
if (!(minutes > 0)) throw new Error('--minutes takes a number above 0');
if (!debian) throw new Error(`--release: choose one of ${releases.join(', ')}`);

/** The processes of each, as a shell prints them; children that have ended count as their parent's time. */
const who: Readonly<Record<string, string>> = {
  Monit: 'systemctl show -p MainPID --value monit.service',
  systemd: 'echo 1',
  journald: 'systemctl show -p MainPID --value systemd-journald.service',
  'instances of the kit': 'systemctl show -p MainPID --value hello@3700 hello@3701',
  PM2: "pgrep -f '^PM2 v.*God Daemon'",
  'instances of PM2': "pgrep -P $(pgrep -f '^PM2 v.*God Daemon')",
};

/** Those whose memory counts, where they are more: what Monit runs at the moment. */
const running: Readonly<Record<string, string>> = {
  Monit: 'cat /sys/fs/cgroup/system.slice/monit.service/cgroup.procs',
};

type Sample = { pss: number; rss: number; cpu: number };

/** KiB, and hundredths of a second of processor time since each began. */
async function sample(host: DebianHost): Promise<Record<string, Sample>> {
  const each = Object.entries(who).map(
    ([name, pids]) => `{
      for p in $(${running[name] ?? pids}); do
        awk '/^Pss:/ { print "p", $2 } /^Rss:/ { print "r", $2 }' /proc/$p/smaps_rollup 2>/dev/null
      done
      for p in $(${pids}); do sed 's/.*) //' /proc/$p/stat | awk '{ print "c", $12 + $13 + $14 + $15 }'; done
    } | awk '{ n[$1] += $2 } END { print n["p"] + 0, n["r"] + 0, n["c"] + 0 }'`,
  );
  const rows = (await host.exec(each.join('\n'))).trim().split('\n');
  return Object.fromEntries(
    Object.keys(who).map((name, index) => {
      const [pss = 0, rss = 0, cpu = 0] = (rows[index] ?? '').split(' ').map(Number);
      return [name, { pss, rss, cpu }];
    }),
  );
}

type Cost = { pss: number; rss: number; percent: number };

/** Over the minutes: the most memory that was seen, in MB, and the share of one processor. */
async function costs(host: DebianHost): Promise<Record<string, Cost>> {
  const samples = [await sample(host)];
  const began = performance.now();
  // At odd times, so that Monit is met at work too.
  for (let part = 0; part < 20; part++) {
    await sleep((minutes * 60_000) / 20);
    samples.push(await sample(host));
  }
  const seconds = (performance.now() - began) / 1000;
  const most = (name: string, key: 'pss' | 'rss') =>
    Math.max(...samples.map((one) => one[name]?.[key] ?? 0)) / 1024;
  return Object.fromEntries(
    Object.keys(who).map((name) => {
      const [first, last] = [samples[0]?.[name]?.cpu ?? 0, samples.at(-1)?.[name]?.cpu ?? 0];
      const percent = (last - first) / seconds;
      return [name, { pss: most(name, 'pss'), rss: most(name, 'rss'), percent }];
    }),
  );
}

const told = ({ pss, rss, percent }: Cost): string =>
  `PSS ${pss.toFixed(1)} MB, RSS ${rss.toFixed(1)} MB, CPU ${percent.toFixed(2)} %`;

await withHost({ cpus: 2, release: debian }, (host) =>
  withStack([host], async (stack) => {
    stack.configure(config({ app: { instances: 2, domains: ['default'] } }));
    await stack.up();
    const app = join(stack.directory, 'pm2', 'app');
    cpSync(release(stack, 'pm2'), app, { recursive: true });
    await startPm2(host, app);
    // Both have begun, and Monit has looked at everything once.
    await sleep(30_000);
    const all = await costs(host);
    await stopPm2(host);
    for (const [name, cost] of Object.entries(all)) print(faint(`${name.padEnd(22)}${told(cost)}`));
    const { Monit, systemd, PM2 } = all as Record<'Monit' | 'systemd' | 'PM2', Cost>;
    const kit = { ...Monit, percent: Monit.percent + systemd.percent };
    print();
    print(
      `idle on ${debian} for ${minutes} min, two instances each: Keelson ${told(kit)}; PM2 ${told(PM2)}`,
    );
  }),
);
