/** What `keelson status` of a server's helper says, as a table: the parts of it that fit a line. */
import { z } from 'zod';
import { plain } from '../../components/lib/plain.ts';
import { HostError, type Way } from '../../components/ssh/target.ts';
import type { Cell } from './table.ts';

/** On one line, since it stands in a table. */
const text = z.string().transform((given) => plain(given).replace(/[\n\t]/g, ' '));
const number = z.number().nullish();

const instanceSchema = z.object({
  key: text,
  state: text,
  uptimeSeconds: number,
  restarts: number,
  memoryBytes: number,
  cpuPercent: number,
  health: z.object({ good: z.boolean(), answer: text }).nullish(),
});

const appSchema = z.object({
  name: text,
  type: text,
  release: text.nullish(),
  instances: z.array(instanceSchema),
  jobs: z.array(
    z.object({
      member: text.nullish(),
      state: text,
      result: text.nullish(),
      nextAt: text.nullish(),
    }),
  ),
});

const statusSchema = z.object({
  problems: z.array(text),
  host: z.object({
    debian: text.nullish(),
    upSince: text.nullish(),
    load1: number,
    memoryBytes: number,
    memoryAvailableBytes: number,
    disks: z.array(z.object({ path: text, usedPercent: number })),
  }),
  apps: z.array(appSchema),
});

export type Status = z.output<typeof statusSchema>;

/** @throws HostError where it is none, or of another version. */
export function statusOf(way: Way, said: string): Status {
  try {
    return statusSchema.parse(JSON.parse(said));
  } catch {
    throw new HostError(way, 'its status cannot be read here; run pulumi up with this version');
  }
}

export const statusHead = [
  'app',
  'instance',
  'release',
  'state',
  '↺',
  'uptime',
  'cpu',
  'memory',
  'health',
];

/** The rows of a server: a line for each instance and for each job, and one for an app that has neither. */
export const statusRows = ({ apps }: Status): Cell[][] =>
  apps.flatMap(({ name, type, release, instances, jobs }) => {
    const begin = (key: string): Cell[] => [{ text: name, colour: 'cyan' }, key, release ?? '-'];
    const nothing: Cell[] = ['-', '-', '-', '-'];
    const rows = [
      ...instances.map((it) => [
        ...begin(it.key),
        stateOf(it.state),
        String(it.restarts ?? '-'),
        it.uptimeSeconds == null ? '-' : lasting(it.uptimeSeconds),
        it.cpuPercent == null ? '-' : `${it.cpuPercent}%`,
        it.memoryBytes == null ? '-' : size(it.memoryBytes),
        healthOf(it.health),
      ]),
      ...jobs.map(({ member, state, nextAt }) => [
        ...[...begin(member ?? 'job'), stateOf(state), ...nothing],
        nextAt ? `next ${moment(nextAt)}` : '-',
      ]),
    ];
    return rows.length > 0 ? rows : [[...begin(type), '-', ...nothing, '-']];
  });

function stateOf(state: string): Cell {
  if (/^(?:active|running|done|waiting)$/.test(state)) return { text: state, colour: 'green' };
  return { text: state, colour: state === 'failed' ? 'red' : 'yellow' };
}

function healthOf(health: { good: boolean; answer: string } | null | undefined): Cell {
  if (!health) return '-';
  if (health.good) return { text: 'good', colour: 'green' };
  const said = [...health.answer];
  return {
    text: said.length > 60 ? `${said.slice(0, 59).join('')}…` : health.answer || 'bad',
    colour: 'red',
  };
}

/** The host in one line: `Debian 12.8, up 26d, load 0.12, memory 29%, disk / 31%`. */
export function hostLine({ host }: Status, now = Date.now()): string {
  const { debian, upSince, load1, memoryBytes, memoryAvailableBytes, disks } = host;
  const used =
    memoryBytes && memoryAvailableBytes != null && 1 - memoryAvailableBytes / memoryBytes;
  return [
    debian && `Debian ${debian}`,
    upSince && `up ${lasting((now - Date.parse(upSince)) / 1000)}`,
    load1 != null && `load ${load1}`,
    typeof used === 'number' && `memory ${Math.round(used * 100)}%`,
    ...disks.map(({ path, usedPercent }) => usedPercent != null && `disk ${path} ${usedPercent}%`),
  ]
    .filter(Boolean)
    .join(', ');
}

/** As PM2 has it: the largest unit alone. */
export function lasting(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'm'],
  ] as const;
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.floor(seconds / size)}${unit}`;
}

const size = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)}mb` : `${(bytes / 1e9).toFixed(1)}gb`;

const moment = (time: string): string => time.replace('T', ' ').replace(/:\d\dZ$/, 'Z');
