import { volatilePaths, volatileUnits } from './by-itself.ts';
import { readFiles, records, type Snapshot } from './contents.ts';
import type { DebianHost } from './host.ts';

export type { Snapshot } from './contents.ts';

/** Properties that tell whether something was touched at all, though it may look as before. */
export const traces = ['mtime', 'ctime', 'inode', 'pid', 'started', 'activated'];

export type SnapshotOptions = {
  /** Paths to leave out with all that is below them, besides what changes by itself. */
  without?: string[];
  /** Also what lives in memory: /run and /tmp. */
  memory?: boolean;
};

/**
 * Reads the whole disk, the states of all units and the network's settings; takes one to two seconds, and less
 * from the second time on.
 */
export async function snapshot(
  host: DebianHost,
  { without = [], memory = false }: SnapshotOptions = {},
): Promise<Snapshot> {
  const root = `/proc/${await host.leader()}/root`;
  const from = memory ? ['. ./run ./tmp'] : ['.', '/run', '/tmp'];
  const found = await readFiles(host, root, [...from, ...Object.keys(volatilePaths), ...without]);
  // Its times tell when a login made its greeting; what is in it is compared.
  const { mtime: _, ctime: __, ...run } = found['file /run'] ?? {};
  if (memory) found['file /run'] = run;
  const units = `systemctl show --all --no-pager --property=${unitProperties} ${unitKinds}`;
  const settings = 'grep -s . net/core/* net/ipv4/tcp_* net/ipv4/ip_local_port_range';
  return {
    ...found,
    ...parseUnits(await host.exec(units)),
    ...parseKernel(await host.exec(`cd /proc/sys && ${settings}`)),
  };
}

const unitKinds = "'*.service' '*.socket' '*.timer' '*.path' '*.target'";

/** systemd's names of what is kept, and ours. */
const unitFields: Record<string, string> = {
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'sub',
  UnitFileState: 'enabled',
  FragmentPath: 'fragment',
  DropInPaths: 'dropins',
  NeedDaemonReload: 'reload',
  MainPID: 'pid',
  ExecMainStartTimestampMonotonic: 'started',
  ActiveEnterTimestampMonotonic: 'activated',
};
const unitProperties = ['Id', ...Object.keys(unitFields)].join(',');

function parseUnits(text: string): Snapshot {
  const found: Snapshot = {};
  for (const block of records(text, '\n\n')) {
    const values = Object.fromEntries(block.split('\n').map((line) => line.split(/=(.*)/s)));
    if (volatileUnits.test(values.Id ?? '')) continue;
    // A timer whose service happens to be at work is no other timer than one that waits.
    if (values.Id?.endsWith('.timer') && values.SubState === 'running') values.SubState = 'waiting';
    const named = Object.entries(unitFields).map(([name, ours]) => [ours, values[name] ?? '']);
    found[`unit ${values.Id}`] = Object.fromEntries(named.filter(([, value]) => value !== ''));
  }
  return found;
}

function parseKernel(text: string): Snapshot {
  const lines = records(text, '\n').map((line) => line.split(/:(.*)/s));
  return Object.fromEntries(
    lines.map(([path = '', value = '']) => [`kernel ${path.replaceAll('/', '.')}`, { value }]),
  );
}

export type DiffOptions = {
  /** Properties that may differ, such as `traces`. */
  ignore?: string[];
};

/**
 * Every difference between two snapshots, one line each:
 * `file /etc/hosts: mode 644 → 600`, `unit nginx.service: missing → there`.
 */
export function diffSnapshots(
  before: Snapshot,
  after: Snapshot,
  { ignore = [] }: DiffOptions = {},
): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  // Most are the very same, as they were remembered.
  const differing = [...names].filter((name) => before[name] !== after[name]).sort();
  return differing.flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    if (!old || !now) return [`${name}: ${old ? 'there → missing' : 'missing → there'}`];
    const properties = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return properties
      .filter((property) => old[property] !== now[property] && !ignore.includes(property))
      .map((property) => `${name}: ${property} ${old[property]} → ${now[property]}`);
  });
}
