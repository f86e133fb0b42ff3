/** Makes hosts, and finds those that were made. */
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { baseTree, type Release } from './base.ts';
import { cpuList } from './cpus.ts';
import { DebianHost } from './host.ts';
import { takeNumber } from './number.ts';
import {
  cacheDirectory,
  hostsDirectory,
  kept,
  readRecord,
  readRecordIn,
  thisProcess,
  writeRecord,
} from './record.ts';
import { copySeed } from './seed.ts';

export type HostOptions = {
  /** Debian's code name. Default: trixie. */
  release?: Release;
  /** Who logs in over ssh: root, or a user of that name with sudo and without a password. Default: root. */
  user?: string;
  /** The directory of a host that is off and stays off: what is on its disk and who logs in are this one's too. */
  copyOf?: string;
  /** How many processors it sees. Default: all of this machine's. */
  cpus?: number;
  /** Size in MiB of a disk of its own, which can be full and which `crash()` needs. Default: none. */
  diskMegabytes?: number;
  /** The N of its address 198.18.N.2. Default: any that is free. */
  number?: number;
  /** Whether it goes on when this process ends. Default: false. */
  keep?: boolean;
};

/** The host of that name which this clone has, running or not. */
export async function findHost(name: string): Promise<DebianHost | undefined> {
  const record = await readRecord(name);
  return record && new DebianHost(record);
}

/**
 * Makes a host and boots it: a second or two, at the first one of a release about a minute.
 *
 *     const host = await createHost("shop", { release: "bookworm", user: "admin" });
 *     await host.ssh("sudo systemctl status");
 *     await host.remove();
 */
export async function createHost(name: string, options: HostOptions = {}): Promise<DebianHost> {
  const original = options.copyOf === undefined ? undefined : await readRecordIn(options.copyOf);
  const { release = 'trixie', user = 'root' } = original ?? options;
  const { cpus, diskMegabytes = 0, keep = false } = options;
  const owner = keep ? kept : thisProcess();
  const directory = join(hostsDirectory, name);
  cpuList(cpus);
  const base = original
    ? `${options.copyOf}/upper:${original.base}`
    : await baseTree(release, cacheDirectory);
  // Before the network, which is taken for a deleted clone's where there is no directory.
  await mkdir(directory, { recursive: true });
  const number = await takeNumber(`${owner} ${directory}`, options.number).catch(async (error) => {
    await rmdir(directory).catch(() => {}); // not empty: an unfinished host's, which stays
    throw error;
  });
  const record = { name, number, release, base, user, cpus, diskMegabytes, owner };
  const host = new DebianHost(record);
  try {
    await writeRecord(record);
    if (options.copyOf !== undefined) await copySeed(options.copyOf, directory, host.address);
    await host.boot();
  } catch (error) {
    await host.remove();
    throw error;
  }
  return host;
}
