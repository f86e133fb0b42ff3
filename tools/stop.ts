/**
 * `npm run stop`: removes the host in a container with its network, its SSH agent and the stack's state,
 * and hosts that interrupted tests left. The downloads stay, so that the next start takes seconds.
 *
 *     npm run stop -- --cache                           the downloads too, and the hosts that tests copy
 *     npm run stop -- --host admin@server.example       takes the stack off a machine of your own
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeHost, removeStaleHosts, removeStaleScenarios } from './container/cleanup.ts';
import { runningContainers } from './container/container.ts';
import {
  cacheDirectory,
  hostsDirectory,
  provisionedDirectory,
  recordedHosts,
} from './container/record.ts';
import { checkRoot } from './container/requirements.ts';
import { ErrorWithRemedy } from './lib/error.ts';
import { local, ownHost, ownWorkspace, prepareStack, stateDirectory } from './lib/local.ts';
import { options } from './lib/options.ts';
import { runAsRoot } from './lib/process.ts';
import { said, start } from './lib/pulumi-run.ts';
import { setUp } from './lib/setup.ts';
import { print, red, step } from './lib/terminal.ts';

async function stopContainer(): Promise<void> {
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
      throw new ErrorWithRemedy(said(run), 'Mend that, and run the same command again.');
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
      throw new ErrorWithRemedy(
        `Hosts still use the downloads: ${hosts.join(', ')}.`,
        'Stop them first, in their clones: npm run stop, or node tools/host.ts stop NAME',
      );
    }
    // Nothing else of a directory that somebody named.
    const made = [join(cacheDirectory, 'debian'), provisionedDirectory];
    const { code, stderr } = await runAsRoot(['rm', '-rf', ...made]);
    if (code !== 0) throw new Error(stderr.trim());
    return 'removed';
  });
}

const { values } = options('npm run stop [-- --cache | -- --host USER@ADDRESS]', {
  options: { host: { type: 'string' }, cache: { type: 'boolean', default: false } },
});
try {
  await (values.host === undefined ? stopContainer() : stopOwn(values.host));
  if (values.cache) await removeCache();
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
