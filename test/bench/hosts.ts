/** Hosts for benchmarks: fresh ones, and many copies of one that has been provisioned. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostOptions } from '../../tools/sandbox/host.ts';
import { readRecord } from '../../tools/sandbox/record.ts';
import { type SandboxHost, withHost } from '../harness/host.ts';

/** A container opens about seven of them. */
const inotifyLimit = '/proc/sys/fs/inotify/max_user_instances';

/**
 * Runs an action with so many copies of a host, on overlays over its tree; they are gone afterwards.
 * The host itself is shut down and must stay so meanwhile.
 *
 * @throws naming the setting that keeps this machine from running so many containers.
 */
export async function withCopies<T>(
  host: SandboxHost,
  count: number,
  action: (copies: SandboxHost[]) => Promise<T>,
): Promise<T> {
  const [limit, needed] = [Number(readFileSync(inotifyLimit, 'utf8')), 10 * count];
  if (limit < needed)
    throw new Error(
      `fs.inotify.max_user_instances is ${limit}: too few for ${count} containers; sysctl fs.inotify.max_user_instances=${needed}`,
    );
  await host.powerOff();
  const record = await readRecord(host.name);
  const base = `${join(host.directory, 'upper')}:${record?.base}`;
  const options = Array.from({ length: count }, () => ({ release: host.release, base }));
  return await withEach(options, action);
}

async function withEach<T>(
  [options, ...others]: readonly HostOptions[],
  action: (hosts: SandboxHost[]) => Promise<T>,
): Promise<T> {
  if (!options) return await action([]);
  return await withHost(options, (host) => withEach(others, (hosts) => action([host, ...hosts])));
}
