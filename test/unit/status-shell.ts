/** The shell that tells the status of a host, over a made-up host: what was gathered, and a tree of the kernel's files. */
import { hostShell } from './host-shell.ts';

export const now = 1_795_898_421;

/** The files of /proc of a host with two cores. */
const kernel = {
  'root/proc/uptime': '4000.50 7000.00\n',
  'root/proc/stat': 'cpu  1000 0 500 6000 100 0 0 0 0 0\ncpu0 1 2 3\nbtime 1795890000\n',
  'root/proc/meminfo':
    'MemTotal:        8130536 kB\nMemFree:          100 kB\nMemAvailable:    5040936 kB\nSwapTotal:       2097148 kB\nSwapFree:        1966080 kB\n',
  'root/proc/1/stat': '1 (systemd) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 442150 1 1\n',
  'root/proc/loadavg': '0.12 0.20 0.18 1/200 4242\n',
  'root/proc/sys/kernel/osrelease': '6.12.48+deb13-amd64\n',
  'root/proc/sys/kernel/hostname': 'web1\n',
  'root/etc/debian_version': '13.2\n',
};

const gathered = {
  'gathered/cores': '2\n',
  'gathered/disks':
    '1B-blocks Used Avail Inodes IUsed Mounted on\n42949672960 13421772800 27381202944 2621440 210044 /\n',
};

/** An item of a rollout, as a manifest has it. */
export const item = (app: string, keys: readonly (number | string)[], type = 'web'): string =>
  `rollout\t${app}\t${keys.map((key) => `${key}=current\t`).join('')}current=${'a'.repeat(64)}\ttarget=active\t@type=${type}\t@health=http\n`;

/** What systemctl says of a unit. */
export const unit = (id: string, given: Record<string, string | number> = {}): string =>
  Object.entries({
    Id: id,
    LoadState: 'loaded',
    ActiveState: 'active',
    SubState: 'running',
    Result: 'success',
    StateChangeTimestamp: `@${now - 90_000}`,
    ActiveEnterTimestamp: `@${now - 90_000}`,
    NRestarts: 0,
    MainPID: 812,
    ControlGroup: `/system.slice/${id}`,
    MemoryCurrent: '88604672',
    MemoryMax: '536870912',
    CPUUsageNSec: '12300000000',
    ...given,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

/** What Monit says of a check of a program, as XML. */
export const check = (name: string, result: number, said: string, started = now - 10): string =>
  `<service type="7"><name>${name}</name><collected_sec>${started}</collected_sec><status>0</status><program><started>${started}</started><status>${result}</status><output><![CDATA[${said}]]></output></program></service>`;
const monit = (checks: string): string =>
  `<?xml version="1.0" encoding="ISO-8859-1"?><monit><server><poll>15</poll></server>${checks}</monit>`;

export type Told = {
  apps?: string;
  units?: readonly string[];
  checks?: string;
  /** Files of the memory, of `gathered/`, `cache/` and `root/`. */
  files?: Record<string, string>;
};

const paths = `HOST_ROOT=$STATE/root STATUS_CACHE=$STATE/cache STATUS_PLACE=$STATE/place now=${now}
  mkdir -p $STATE/cache $STATE/gathered $STATE/place`;

/**
 * What a writer makes of what was gathered.
 * @param writer lines of shell that read records.
 */
export function told(
  { apps = '', units = [], checks = '', files = {} }: Told,
  writer: string,
): string {
  const memory = {
    ...kernel,
    ...gathered,
    'gathered/apps': apps,
    'gathered/show': units.join('\n'),
    'gathered/monit': monit(checks),
    ...files,
  };
  return hostShell(`${paths}\njoin_status $STATE/gathered | ${writer}`, { memory });
}

/** What the writers make of these records. */
export const written = (records: string, writer: string, files = {}): string =>
  hostShell(`${paths}\n${writer}`, { memory: files, input: records });
