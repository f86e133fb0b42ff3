import { volatilePaths, volatileUnits } from './by-itself.ts';
import { addContents, readDisk, records, type Snapshot } from './contents.ts';
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
  const began = Date.now();
  const found = parseFiles(
    await readDisk('files', root, [...from, ...Object.keys(volatilePaths), ...without]),
  );
  await addContents(host, root, found, began);
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

const fileFields = ['type', 'owner', 'mode', 'mtime', 'ctime', 'inode', 'size', 'target'];

function parseFiles(text: string): Snapshot {
  const found: Snapshot = {};
  const parts = text.split('\0');
  const width = fileFields.length + 1;
  for (let at = 0; at + width < parts.length; at += width) {
    const values = fileFields.map((field, index) => [field, parts[at + 1 + index] ?? ''] as const);
    const file = Object.fromEntries(values.filter(([, value]) => value !== ''));
    // A directory's size tells how its file system stores it, not what is in it.
    if (file.type === 'd') delete file.size;
    found[`file /${parts[at]?.slice('./'.length)}`] = file;
  }
  return found;
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
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    if (!old || !now) return [`${name}: ${old ? 'there → missing' : 'missing → there'}`];
    const properties = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return properties
      .filter((property) => old[property] !== now[property] && !ignore.includes(property))
      .map((property) => `${name}: ${property} ${old[property]} → ${now[property]}`);
  });
}
