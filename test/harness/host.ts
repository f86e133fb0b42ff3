/** Debian hosts for scenarios, gone when the test ends, however it ends. */
import type { TestContext } from 'node:test';
import { removeStaleHosts } from '../../tools/sandbox/cleanup.ts';
import { createHost, type HostOptions, type SandboxHost } from '../../tools/sandbox/host.ts';

export type { SandboxHost } from '../../tools/sandbox/host.ts';
export { diffSnapshots, type Snapshot, snapshot, traces } from '../../tools/sandbox/snapshot.ts';

const living = new Set<SandboxHost>();
let made = 0;

/**
 * A host that is removed when the test ends.
 *
 *     test('first provision', async (t) => {
 *       const host = await testHost(t, { release: 'bookworm', user: 'admin', cpus: 1 });
 */
export async function testHost(t: TestContext, options: HostOptions = {}): Promise<SandboxHost> {
  const host = await newHost(options);
  t.after(() => removeHost(host));
  return host;
}

/** As `testHost()`, for programs that are no tests, such as benchmarks. */
export async function withHost<T>(
  options: HostOptions,
  action: (host: SandboxHost) => Promise<T>,
): Promise<T> {
  const host = await newHost(options);
  try {
    return await action(host);
  } finally {
    await removeHost(host);
  }
}

async function newHost(options: HostOptions): Promise<SandboxHost> {
  if (made === 0) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
    // Left by a run that was killed; those of runs that go on are not touched.
    await removeStaleHosts();
  }
  made += 1;
  const host = await createHost(`t${process.pid}-${made}`, options);
  living.add(host);
  return host;
}

async function removeHost(host: SandboxHost): Promise<void> {
  living.delete(host);
  await host.remove();
}

async function end(): Promise<never> {
  await Promise.allSettled([...living].map(removeHost));
  process.exit(130);
}
