import { basename, dirname, join } from 'node:path';
import { container, runningContainers } from './container.ts';
import { findHost } from './host.ts';
import { hostsDirectory, isAlive, readRecord, recordedHosts } from './record.ts';

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
