/**
 * `npm run stop`: removes the host in a container with its network, its SSH agent and the stack's state,
 * and hosts that interrupted tests left. The downloads stay, so that the next start takes seconds.
 *
 *     npm run stop -- --cache                           the downloads too
 *     npm run stop -- --host admin@server.example       takes the stack off a machine of your own
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { said, start } from './engine.ts';
import { local, ownHost, ownWorkspace, prepareStack, stateDirectory } from './local.ts';
import { options } from './options.ts';
import { removeHost, removeStaleHosts, removeStaleScenarios } from './sandbox/cleanup.ts';
import { runningContainers } from './sandbox/container.ts';
import { runAsRoot, SandboxError } from './sandbox/process.ts';
import { cacheDirectory, hostsDirectory, recordedHosts } from './sandbox/record.ts';
import { checkRoot } from './sandbox/requirements.ts';
import { setUp } from './setup.ts';
import { print, red, step } from './terminal.ts';

async function stopSandbox(): Promise<void> {
  await checkRoot();
  await step('Debian host in a container', async () =>
    (await removeHost(local)) ? 'removed' : 'there is none',
  );
  await step('stack local', async () => {
    await rm(stateDirectory(), { recursive: true, force: true });
    return 'removed';
  });
  await removeStaleScenarios();
  const stale = await removeStaleHosts();
  if (stale.length > 0) print(`  also removed: ${stale.join(', ')}`);
}

async function stopOwn(text: string): Promise<void> {
  const host = ownHost(text);
  const workspace = await ownWorkspace(host);
  setUp();
  await step(`stack local on ${host.address}`, async () => {
    await prepareStack(workspace);
    const run = await start('destroy', ['--stack', local], workspace).ended;
    if (run.code !== 0) {
      throw new SandboxError(said(run), 'Mend that, and run the same command again.');
    }
    await rm(stateDirectory(host), { recursive: true });
    return 'destroyed';
  });
}

async function removeCache(): Promise<void> {
  await step('downloads', async () => {
    const own = (await recordedHosts()).map((name) => join(hostsDirectory, name));
    const isShared = process.env.KEELSON_CACHE !== undefined;
    const others = isShared ? (await runningContainers()).map(({ directory }) => directory) : [];
    const hosts = [...new Set([...own, ...others])];
    if (hosts.length > 0) {
      throw new SandboxError(
        `Hosts still use the downloads: ${hosts.join(', ')}.`,
        'Stop them first, in their clones: npm run stop, or node tools/sandbox.ts stop NAME',
      );
    }
    // Nothing else of a directory that somebody named.
    const { code, stderr } = await runAsRoot(['rm', '-rf', join(cacheDirectory, 'debian')]);
    if (code !== 0) throw new Error(stderr.trim());
    return 'removed';
  });
}

const { values } = options('npm run stop [-- --cache | -- --host USER@ADDRESS]', {
  options: { host: { type: 'string' }, cache: { type: 'boolean', default: false } },
});
try {
  await (values.host === undefined ? stopSandbox() : stopOwn(values.host));
  if (values.cache) await removeCache();
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
