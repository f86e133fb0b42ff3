/** Debian hosts for scenarios, gone when the test ends, however it ends. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { removeStaleHosts } from '../../tools/container/cleanup.ts';
import { runningContainers } from '../../tools/container/container.ts';
import type { DebianHost } from '../../tools/container/host.ts';
import { createHost, type HostOptions } from '../../tools/container/make.ts';

import { run, runAsRoot } from '../../tools/lib/process.ts';

export type { DebianHost } from '../../tools/container/host.ts';
export {
  diffSnapshots,
  type Snapshot,
  type SnapshotOptions,
  snapshot,
  traces,
} from '../../tools/container/snapshot.ts';

const living = new Set<DebianHost>();
const begun = new Set<Promise<DebianHost>>();
let made = 0;

/**
 * A host that is removed when the test ends.
 *
 *     test('first provision', async (t) => {
 *       const host = await testHost(t, { release: 'bookworm', user: 'admin', cpus: 1 });
 */
export async function testHost(t: TestContext, options: HostOptions = {}): Promise<DebianHost> {
  const host = await newHost(options);
  t.after(() => removeHost(host));
  return host;
}

/** As `testHost()`, for programs that are no tests, such as benchmarks. */
export async function withHost<T>(
  options: HostOptions,
  action: (host: DebianHost) => Promise<T>,
): Promise<T> {
  const host = await newHost(options);
  try {
    return await action(host);
  } finally {
    await removeHost(host);
  }
}

async function newHost(options: HostOptions): Promise<DebianHost> {
  if (made === 0) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
    // Left by a run that was killed; those of runs that go on are not touched.
    await removeStaleHosts();
  }
  made += 1;
  const making = createHost(`t${process.pid}-${made}`, options);
  begun.add(making);
  try {
    const host = await making;
    living.add(host);
    return host;
  } finally {
    begun.delete(making);
  }
}

async function removeHost(host: DebianHost): Promise<void> {
  living.delete(host);
  await host.remove();
}

async function end(): Promise<never> {
  // One that is not finished removes itself when it fails, as it does when its programs are interrupted too.
  await Promise.allSettled(begun);
  await Promise.allSettled([...living].map(removeHost));
  process.exit(130);
}

/** Fails when anything of a host is left on this machine: directory, network, mounts, control groups, agent. */
export async function assertNoTrace(directory: string, number: number): Promise<void> {
  const machine = `keelson${number}`;
  const numbers = (await runningContainers()).map((container) => container.number);
  assert.ok(!numbers.includes(number));
  for (const path of [directory, `/sys/class/net/${machine}`, `/run/netns/${machine}`])
    assert.ok(!existsSync(path), path);
  assert.ok(!readFileSync('/proc/mounts', 'utf8').includes(`${directory}/`));
  const { stdout: tables } = await runAsRoot(['nft', 'list', 'tables']);
  assert.doesNotMatch(tables, new RegExp(`${machine}$`, 'm'));
  const groups = await run('find', ['/sys/fs/cgroup', '-maxdepth', '2', '-name', machine]);
  assert.equal(groups.stdout, '');
  const processes = await run('sh', ['-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null']);
  assert.ok(!processes.stdout.includes(`${directory}/`), 'a process of the host goes on');
}
