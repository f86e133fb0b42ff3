import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { keep } from '../lib/pulumi.ts';
import { container, runningContainers } from './container.ts';
import { findHost } from './make.ts';
import { hostsDirectory, isAlive, isRunning, readRecord, recordedHosts } from './record.ts';

/**
 * Removes hosts whose owner ended without doing so, of this clone and of others on this machine.
 * Returns their names.
 */
export async function removeStaleHosts(): Promise<string[]> {
  const removed: string[] = [];
  for (const { number, owner, directory } of await runningContainers()) {
    if (!isAlive(owner)) {
      // Only what looks like a host's directory is deleted: the text comes from an interface's alias.
      const known = basename(dirname(directory)) === basename(hostsDirectory);
      await container('remove', number, [known ? directory : '']);
      removed.push(basename(directory));
    }
  }
  for (const name of await recordedHosts()) {
    const record = await readRecord(name);
    if (record && !isAlive(record.owner)) {
      await (await findHost(name))?.remove();
      removed.push(name);
    }
  }
  return removed;
}

/** Where scenarios and benchmarks keep their stacks, in directories that begin with the process's id. */
export const scenariosDirectory = join(keep, 'scenarios');

/** Removes the stacks of this clone's scenarios that were killed. */
export async function removeStaleScenarios(): Promise<void> {
  for (const name of await readdir(scenariosDirectory).catch(() => []))
    if (!isRunning(Number.parseInt(name, 10)))
      await rm(join(scenariosDirectory, name), { recursive: true, force: true });
}

/** Removes a host of this clone, also when it was never finished; false when there is none. */
export async function removeHost(name: string): Promise<boolean> {
  const host = await findHost(name);
  if (host) {
    await host.remove();
    return true;
  }
  const directory = join(hostsDirectory, name);
  const begun = (await runningContainers()).find((container) => container.directory === directory);
  if (begun) await container('remove', begun.number, [directory]);
  return begun !== undefined;
}
