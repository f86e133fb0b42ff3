/**
 * `npm start`: a real Debian host with a real app on it, from nothing, as the stack `local`.
 *
 *     npm start                                   a host in a container of this machine
 *     npm start -- --host admin@server.example    a Debian machine of your own, reached over SSH
 *
 * It can be interrupted and started again; what is there already is found and kept.
 */
import { baseTree } from './container/base.ts';
import { removeStaleHosts } from './container/cleanup.ts';
import { insideAddress } from './container/container.ts';
import { createHost, findHost } from './container/make.ts';
import { assertFree } from './container/number.ts';
import { cacheDirectory, hostsDirectory } from './container/record.ts';
import { checkCommands, checkMachine } from './container/requirements.ts';
import { ErrorWithRemedy } from './lib/error.ts';
import {
  containerWorkspace,
  local,
  ownHost,
  ownWorkspace,
  prepareStack,
  stackSettings,
  type Workspace,
} from './lib/local.ts';
import { options } from './lib/options.ts';
import { type Progress, type Run, type Running, said, start } from './lib/pulumi-run.ts';
import { setUp } from './lib/setup.ts';
import { bold, done, failed, faint, going, print, red, step } from './lib/terminal.ts';
import { type Site, visit } from './lib/visit.ts';

const release = 'trixie';

/** Boots the host in a container, unless it runs already. What keeps it from that is found out first. */
async function bootContainer(): Promise<Workspace> {
  const { user, address } = stackSettings();
  const number = numberOf(address);
  await checkMachine();
  setUp('--no-pulumi', '--container');
  await checkCommands();
  await removeStaleHosts();
  await assertFree(number, `${hostsDirectory}/${local}`);
  await step(`Debian ${release}, downloaded once`, async () => {
    await baseTree(release, cacheDirectory);
    return '';
  });
  await step('Debian host in a container', async () => {
    const found = await findHost(local);
    if (found && found.address !== address) throw moved(found.address, address);
    await found?.boot();
    if (!found) await createHost(local, { release, user, number, keep: true });
    return `${user}@${address}${found ? ', found' : ''}`;
  });
  setUp();
  return await containerWorkspace();
}

/** The N of 198.18.N.2. */
function numberOf(address: string): number {
  const number = Number(address.split('.')[2]);
  if (number > 0 && number < 255 && insideAddress(number) === address) return number;
  throw new ErrorWithRemedy(
    `stacks/Pulumi.${local}.yaml: keelson:server.address: ${address} is not one for a container.`,
    'Write 198.18.N.2, with an N from 1 to 254.',
  );
}

const moved = (from: string, to: string): ErrorWithRemedy =>
  new ErrorWithRemedy(
    `The host has the address ${from}, and stacks/Pulumi.${local}.yaml says ${to}.`,
    'Write the old one there again, or take the host down first: npm run stop.',
  );

/** Runs `pulumi up`, one line for each command that changes something. */
async function up(workspace: Workspace): Promise<void> {
  await step('stack local', async () => {
    await prepareStack(workspace);
    return '';
  });
  const began = performance.now();
  going('pulumi up');
  const run = await interruptible(start('up', ['--stack', local], workspace, progress()));
  if (run.code !== 0) {
    failed('pulumi up', performance.now() - began);
    throw new ErrorWithRemedy(said(run), 'Mend that, and run the same command again.');
  }
  done('pulumi up', performance.now() - began, summary(run));
}

/** Such as `12 create`, or `1 update, 11 same`. */
function summary({ changes: { same, ...changes } }: Run): string {
  const counts = Object.entries(changes).filter(([, count]) => count > 0);
  if (counts.length === 0) return 'nothing to do';
  if (same) counts.push(['same', same]);
  return counts.map(([op, count]) => `${count} ${op}`).join(', ');
}

/** Ctrl-C reaches Pulumi from the terminal; this process waits until it has ended in order. */
async function interruptible({ child, ended }: Running) {
  const interrupt = () => print('interrupting; npm start goes on from there');
  const terminate = () => child.kill('SIGINT');
  process.once('SIGINT', interrupt).once('SIGTERM', terminate);
  try {
    return await ended;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', terminate);
  }
}

function progress(): (progress: Progress) => void {
  const began = new Map<string, number>();
  return ({ begun, done: finished }) => {
    const { type, op, name, urn, outputs } = begun ?? finished ?? { type: '' };
    if (!type.startsWith('command:') || op === 'same') return;
    if (begun) {
      began.set(urn ?? '', performance.now());
      going(name ?? '');
    } else {
      const lines = String(outputs?.stdout ?? '').match(
        /^(drift|change|new|found|gone) /gm,
      )?.length;
      const since = performance.now() - (began.get(urn ?? '') ?? performance.now());
      done(`  ${name}`, since, lines ? `${lines} change${lines === 1 ? '' : 's'}` : '');
    }
  };
}

function whatNext(sites: Site[], ssh: string, flag: string): void {
  const lines: [string, string][] = [
    ...sites.map(({ curl }): [string, string] => ['visit it', `curl ${curl}`]),
    ['see how it is', flag ? 'sudo keelson status there' : `npm run status -- ${local}`],
    ['look at the host', ssh],
    ['change something', `edit stacks/Pulumi.${local}.yaml, or anything on the host by hand`],
    ['see what that means', `npm run ${local} -- ${flag}preview`],
    ['make it so', `npm run ${local} -- ${flag}up`],
    ['take it all down', flag ? `npm run stop -- ${flag.trim()}` : 'npm run stop'],
  ];
  print();
  for (const [what, how] of lines) print(`  ${faint(what.padEnd(20))} ${bold(how)}`);
  print();
}

async function startContainerHost(): Promise<void> {
  const workspace = await bootContainer();
  await up(workspace);
  const host = await findHost(local);
  if (!host) throw new Error('the host was removed meanwhile');
  const sites = await visit(host.address);
  whatNext(sites, `ssh ${host.shortSshArguments.join(' ')}`, '');
}

async function startOwn(text: string): Promise<void> {
  const host = ownHost(text);
  const workspace = await ownWorkspace(host);
  setUp();
  await up(workspace);
  const sites = await visit(host.address);
  whatNext(sites, `ssh -p ${host.port} ${host.user}@${host.address}`, `--host ${text} `);
}

const { values } = options('npm start [-- --host USER@ADDRESS]', {
  options: { host: { type: 'string' } },
});
try {
  await (values.host === undefined ? startContainerHost() : startOwn(values.host));
} catch (error) {
  print();
  console.error(red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
