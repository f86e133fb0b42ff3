/** The status that `keelson status` prints on a host, as others read it; docs/status.md has its words. */
import { z } from 'zod';

const time = z.iso.datetime();
const amount = z.number().min(0);
const percent = amount;

/** What nothing is known of is null. */
const disk = z.object({
  path: z.string(),
  bytes: amount,
  usedBytes: amount,
  /** Of what others than root may use. */
  usedPercent: percent.nullable(),
  inodes: amount.nullable(),
  inodesUsed: amount.nullable(),
  inodesUsedPercent: percent.nullable(),
});

const host = z.object({
  name: z.string(),
  debian: z.string().nullable(),
  kernel: z.string(),
  upSince: time,
  cores: z.number().int().positive(),
  load1: amount,
  load5: amount,
  load15: amount,
  /** Of all cores together, since the last sample. */
  cpuPercent: percent.nullable(),
  memoryBytes: amount,
  memoryAvailableBytes: amount,
  swapBytes: amount,
  swapUsedBytes: amount,
  disks: z.array(disk),
  /** As apt reckons them from lists that were made at `listsAt`; null where apt could not be asked. */
  updates: z.object({ pending: amount, security: amount, listsAt: time.nullable() }).nullable(),
  rebootNeeded: z.boolean(),
});

const rollout = z.object({
  at: time,
  by: z.string(),
  run: z.string(),
  result: z.enum(['done', 'failed', 'running', 'interrupted']),
  /** As in the rows of a preview: new, change, drift or found. */
  reason: z.string(),
});

const instance = z.object({
  /** A port, or a number; of a member of the app such as `mail@1`. */
  key: z.string(),
  member: z.string().nullable(),
  unit: z.string(),
  port: z.number().int().nullable(),
  /** ActiveState and SubState of systemd. */
  state: z.string(),
  substate: z.string().nullable(),
  since: time.nullable(),
  uptimeSeconds: amount.nullable(),
  /** How often systemd started it again by itself. */
  restarts: amount,
  pid: z.number().int().nullable(),
  memoryBytes: amount.nullable(),
  memoryLimitBytes: amount.nullable(),
  /** Of one core, since the last sample. */
  cpuPercent: percent.nullable(),
  /** What Monit heard when it asked last. */
  health: z.object({ good: z.boolean(), answer: z.string(), at: time }).nullable(),
});

const job = z.object({
  /** Null where the app itself is the job. */
  member: z.string().nullable(),
  unit: z.string(),
  state: z.string(),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  result: z.string().nullable(),
  nextAt: time.nullable(),
});

const app = z.object({
  name: z.string(),
  type: z.string(),
  /** The first eight digits of its hash. */
  release: z.string().nullable(),
  releaseSince: time.nullable(),
  /** The youngest first. */
  kept: z.array(z.string()),
  rollout: rollout.nullable(),
  instances: z.array(instance),
  jobs: z.array(job),
});

/** Keys that a reader does not know are left out, so that a host may be newer than its reader. */
export const statusSchema = z.object({
  version: z.literal(1),
  at: time,
  /** What somebody should look at, a sentence each. */
  problems: z.array(z.string()),
  host,
  apps: z.array(app),
  lastDeploy: rollout.extend({ app: z.string() }).nullable(),
  lastRepair: z.object({ at: time, run: z.string(), text: z.string() }).nullable(),
  certificates: z.array(z.object({ path: z.string(), expiresAt: time, days: z.number().int() })),
  failedUnits: z.array(z.string()),
});

export type Status = z.output<typeof statusSchema>;
