import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { keep } from '../lib/pulumi.ts';
import { releases } from './base.ts';

/** Where each host has its directory. */
export const hostsDirectory = join(keep, 'hosts');
/** Downloads that any clone of this machine may share. */
export const cacheDirectory = process.env.KEELSON_CACHE ?? join(keep, 'cache');

/** Where tests keep the hosts that they copy. */
export const provisionedDirectory = join(keep, 'provisioned');

const recordSchema = z.strictObject({
  name: z.string(),
  /** Names its network; see container.sh. */
  number: z.int(),
  release: z.enum(releases),
  /** The tree below its overlay, which stays the same one for as long as the host is there. */
  base: z.string(),
  user: z.string(),
  /** How many processors it sees; all of the machine's when absent. */
  cpus: z.int().optional(),
  /** Size of a file system of its own; 0: it shares the machine's. */
  diskMegabytes: z.int(),
  /** Whose end is the host's end too; see `owner()`. */
  owner: z.string(),
});

/** What is written down about a host, in `host.json` of its directory. */
export type HostRecord = z.infer<typeof recordSchema>;

/** What is written down in a host's directory, wherever that lies. */
export async function readRecordIn(directory: string): Promise<HostRecord> {
  return recordSchema.parse(JSON.parse(await readFile(join(directory, 'host.json'), 'utf8')));
}

export async function readRecord(name: string): Promise<HostRecord | undefined> {
  try {
    return await readRecordIn(join(hostsDirectory, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

export async function writeRecord(record: HostRecord): Promise<void> {
  const path = join(hostsDirectory, record.name, 'host.json');
  await writeFile(path, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Names of the hosts that this clone has, running or not. */
export async function recordedHosts(): Promise<string[]> {
  return await readdir(hostsDirectory).catch(() => []);
}

/** Owner of a host that outlives the command which made it. */
export const kept = 'kept';

/** This process as owner of a host: its id, and its start time, since ids come around again. */
export function thisProcess(): string {
  return `${process.pid}.${startTime(process.pid)}`;
}

/** What container.sh calls the owner of a kept host whose directory is gone. */
export const deleted = 'deleted';

/** False when the process that owned a host is gone, however it ended, and when its clone was deleted. */
export function isAlive(owner: string): boolean {
  if (owner === kept || owner === deleted) return owner === kept;
  const [id = '', started] = owner.split('.');
  return startTime(Number(id)) === started;
}

/** Whether there is a process with this id, whichever it is. */
export const isRunning = (id: number): boolean => startTime(id) !== undefined;

/** In clock ticks since the machine's start; undefined when there is no such process. */
function startTime(id: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The command's name, in parentheses, may hold anything; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
