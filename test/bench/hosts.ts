/** Hosts for benchmarks: fresh ones, and many copies of one that has been provisioned. */
import type { HostOptions } from '../../tools/container/make.ts';
import { type DebianHost, withHost } from '../harness/host.ts';
import { allowContainers } from './limits.ts';

/**
 * Runs an action with so many copies of a host, on overlays over its tree; they are gone afterwards.
 * The host itself is shut down and must stay so meanwhile.
 */
export async function withCopies<T>(
  host: DebianHost,
  count: number,
  action: (copies: DebianHost[]) => Promise<T>,
): Promise<T> {
  allowContainers(count);
  await host.powerOff();
  const options = Array.from({ length: count }, () => ({ copyOf: host.directory }));
  return await withEach(options, action);
}

async function withEach<T>(
  [options, ...others]: readonly HostOptions[],
  action: (hosts: DebianHost[]) => Promise<T>,
): Promise<T> {
  if (!options) return await action([]);
  return await withHost(options, (host) => withEach(others, (hosts) => action([host, ...hosts])));
}
