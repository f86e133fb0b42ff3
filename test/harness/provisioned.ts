/**
 * Hosts that are provisioned already: one of each release is set up once, and each test boots a copy of it with
 * a copy of its state. They are kept in `.keelson/provisioned`, for as long as what makes them stays the same.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { baseTree, type Release } from '../../tools/container/base.ts';
import type { HostOptions } from '../../tools/container/make.ts';
import {
  cacheDirectory,
  isRunning,
  provisionedDirectory,
  readRecord,
  recordedHosts,
} from '../../tools/container/record.ts';
import { runAsRoot } from '../../tools/lib/process.ts';
import { root } from '../../tools/lib/pulumi.ts';
import { type DebianHost, testHost, withHost } from './host.ts';
import { codeOf, config, writeCode } from './small-app.ts';
import { newStack, type Stack, testStack } from './stack.ts';

type Kind = { release?: Release; user?: string };

type Provisioned = { host: DebianHost; stack: Stack };

/**
 * A copy of a host with the small app, and a stack that has its state; both go with the test.
 *
 *     const { host, stack } = await provisionedHost(t, { release: 'bookworm' });
 *     await assertNothingToDo(stack);
 */
export async function provisionedHost(
  t: TestContext,
  options: HostOptions = {},
): Promise<Provisioned> {
  const copyOf = await template(options);
  const host = await testHost(t, { ...options, copyOf });
  const stack = await testStack(t, host, {}, copyOf);
  return { host, stack: await adopt(stack, copyOf) };
}

/** A copy of a provisioned host alone, for a stack that has never seen it. */
export async function copiedHost(t: TestContext, options: HostOptions = {}): Promise<DebianHost> {
  return await testHost(t, { ...options, copyOf: await template(options) });
}

/** As `provisionedHost()`, for programs that are no tests. */
export async function withProvisionedHost<T>(
  options: HostOptions,
  action: (provisioned: Provisioned) => Promise<T>,
): Promise<T> {
  const copyOf = await template(options);
  return await withHost({ ...options, copyOf }, async (host) => {
    const stack = await newStack([host], {}, copyOf);
    try {
      return await action({ host, stack: await adopt(stack, copyOf) });
    } finally {
      rmSync(stack.directory, { recursive: true, force: true });
    }
  });
}

/** Gives a stack the state and the code of the host that was copied. */
async function adopt(stack: Stack, copyOf: string): Promise<Stack> {
  const [host] = stack.hosts;
  const state = readFileSync(join(copyOf, 'state.json'), 'utf8');
  const address = readFileSync(join(copyOf, 'address'), 'utf8').replaceAll('.', '\\.');
  const own = new RegExp(`(?<![0-9.])${address}(?![0-9.])`, 'g');
  stack.configure(config(writeCode(codeOf(stack))));
  await stack.pulumi(
    ['stack', 'import', '--stack', stack.name],
    state.replace(own, host?.address ?? ''),
  );
  return stack;
}

/** All that decides what is on a provisioned host. */
async function version({ release = 'trixie', user = 'root' }: Kind): Promise<string> {
  const hash = createHash('sha256').update(await baseTree(release, cacheDirectory));
  const listed = ['components', 'files'].flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const others = ['index.ts', 'package-lock.json', 'test/harness/small-app.ts'];
  for (const path of [...listed.sort(), ...others.map((name) => join(root, name))])
    hash.update(path).update(readFileSync(path));
  return `${release}-${user}-${hash.digest('hex').slice(0, 12)}`;
}

/** The directory of the host that is copied; made at the first call, while others wait for it. */
async function template(kind: Kind): Promise<string> {
  const directory = join(provisionedDirectory, await version(kind));
  await mkdir(provisionedDirectory, { recursive: true });
  const lock = `${directory}.lock`;
  while (!existsSync(directory)) {
    const mine = await open(lock, 'wx').catch(() => undefined);
    if (mine) {
      try {
        await mine.writeFile(String(process.pid));
        if (!existsSync(directory)) await make(directory, kind);
        await removeUnused(directory);
      } finally {
        await mine.close();
        await rm(lock, { force: true });
      }
    } else {
      await freeAbandoned(lock);
      await sleep(200);
    }
  }
  return directory;
}

/** Removes the lock of a process that was killed. */
async function freeAbandoned(lock: string): Promise<void> {
  const written = await stat(lock).catch(() => undefined);
  // It is empty for a moment.
  if (!written || Date.now() - written.mtimeMs < 5000) return;
  if (!isRunning(Number(readFileSync(lock, 'utf8')))) await rm(lock, { force: true });
}

async function make(directory: string, { release, user }: Kind): Promise<void> {
  const making = `${directory}.making`;
  await runAsRoot(['rm', '-rf', making]);
  await withHost({ ...(release && { release }), ...(user && { user }) }, async (host) => {
    const stack = await newStack([host], {});
    try {
      stack.configure(config(writeCode(codeOf(stack))));
      await stack.setSecret('shop.TOKEN', 'a "secret" $word');
      await stack.up();
      const { stdout } = await stack.pulumi([
        'stack',
        'export',
        '--show-secrets',
        '--stack',
        stack.name,
      ]);
      await mkdir(making, { recursive: true, mode: 0o700 });
      writeFileSync(join(making, 'state.json'), stdout, { mode: 0o600 });
      writeFileSync(join(making, 'address'), host.address);
      cpSync(stack.file, join(making, 'stack.yaml'));
      await host.powerOff();
      for (const part of ['host.json', 'seed', 'id_ed25519', 'id_ed25519.pub', 'known_hosts'])
        cpSync(join(host.directory, part), join(making, part), { recursive: true });
      await runAsRoot(['mv', join(host.directory, 'upper'), making]);
      await rename(making, directory);
    } finally {
      rmSync(stack.directory, { recursive: true, force: true });
    }
  });
}

/** Removes what other versions left, unless a host still runs on it. */
async function removeUnused(current: string): Promise<void> {
  const records = await Promise.all((await recordedHosts()).map(readRecord));
  const bases = records.map((record) => record?.base ?? '').join('\n');
  const [kind] = /^.*-/.exec(current) ?? [''];
  const old = readdirSync(provisionedDirectory).map((name) => join(provisionedDirectory, name));
  for (const directory of old)
    if (directory.startsWith(kind) && directory !== current && !bases.includes(`${directory}/`))
      if (!directory.endsWith('.lock')) await runAsRoot(['rm', '-rf', directory]);
}
