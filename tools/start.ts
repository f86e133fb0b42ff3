/**
 * `npm start`: a real Debian host with a real app on it, from nothing, as the stack `local`.
 *
 *     npm start                                   a host in a container of this machine
 *     npm start -- --host admin@server.example    a Debian machine of your own, reached over SSH
 *
 * It can be interrupted and started again; what is there already is found and kept.
 */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Progress, type Run, type Running, said, start } from './engine.ts';
import {
  local,
  ownHost,
  ownWorkspace,
  prepareStack,
  sandboxWorkspace,
  stackSettings,
  type Workspace,
} from './local.ts';
import { options } from './options.ts';
import { baseTree } from './sandbox/base.ts';
import { removeStaleHosts } from './sandbox/cleanup.ts';
import { insideAddress } from './sandbox/container.ts';
import { createHost, findHost } from './sandbox/host.ts';
import { assertFree } from './sandbox/number.ts';
import { SandboxError } from './sandbox/process.ts';
import { cacheDirectory, hostsDirectory } from './sandbox/record.ts';
import { checkCommands, checkMachine } from './sandbox/requirements.ts';
import { setUp } from './setup.ts';
import { bold, done, failed, faint, going, print, red, step } from './terminal.ts';

const release = 'trixie';

/** Boots the host in a container, unless it runs already. What keeps it from that is found out first. */
async function bootSandbox(): Promise<Workspace> {
  const { user, address } = stackSettings();
  const number = numberOf(address);
  await checkMachine();
  setUp('--no-pulumi', '--sandbox');
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
  return await sandboxWorkspace();
}

/** The N of 198.18.N.2. */
function numberOf(address: string): number {
  const number = Number(address.split('.')[2]);
  if (number > 0 && number < 255 && insideAddress(number) === address) return number;
  throw new SandboxError(
    `stacks/Pulumi.${local}.yaml: keelson:server.address: ${address} is not one for a container.`,
    'Write 198.18.N.2, with an N from 1 to 254.',
  );
}

const moved = (from: string, to: string): SandboxError =>
  new SandboxError(
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
    throw new SandboxError(said(run), 'Mend that, and run the same command again.');
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

type Site = { url: string; curl: string };

/** Asks each app as a visitor does, and returns how to do the same. */
async function visit(address: string): Promise<Site[]> {
  const sites: Site[] = [];
  for (const { name, domains } of stackSettings().apps) {
    const domain = domains.find((name) => name !== 'default');
    const isOpen = domains.includes('default') || !domain;
    const url = `http://${isOpen ? hostPart(address) : domain}/`;
    await step(`${name} answers`, async () => `${await answer(address, domain ?? address)}`);
    sites.push({ url, curl: isOpen ? url : `--resolve ${domain}:80:${address} ${url}` });
  }
  return sites;
}

const hostPart = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Bounded: an app that was just rolled out answers at once, or not at all. */
async function answer(address: string, host: string): Promise<string> {
  let last = '';
  for (let attempt = 0; attempt < 20; attempt++) {
    const reply = await request(address, host);
    if (reply.ok) return reply.text;
    last = reply.text;
    await sleep(250);
  }
  throw new SandboxError(
    `http://${hostPart(address)}/ does not answer: ${last}`,
    'See what its instances and nginx say, on the host: journalctl -e',
  );
}

function request(address: string, host: string): Promise<{ ok: boolean; text: string }> {
  return new Promise((resolve) => {
    const options = { host: address, port: 80, path: '/', headers: { host }, timeout: 5000 };
    get(options, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve({ ok: statusCode < 400, text: `HTTP ${statusCode}` });
    })
      .on('timeout', function (this: { destroy(error: Error): void }) {
        this.destroy(new Error('no answer within 5 s'));
      })
      .on('error', (error) => resolve({ ok: false, text: error.message }));
  });
}

function whatNext(sites: Site[], ssh: string, flag: string): void {
  const lines: [string, string][] = [
    ...sites.map(({ curl }): [string, string] => ['visit it', `curl ${curl}`]),
    ['look at the host', ssh],
    ['change something', `edit stacks/Pulumi.${local}.yaml, or anything on the host by hand`],
    ['see what that means', `npm run ${local} -- ${flag}preview --diff`],
    ['make it so', `npm run ${local} -- ${flag}up`],
    ['take it all down', flag ? `npm run stop -- ${flag.trim()}` : 'npm run stop'],
  ];
  print();
  for (const [what, how] of lines) print(`  ${faint(what.padEnd(20))} ${bold(how)}`);
  print();
}

async function startSandbox(): Promise<void> {
  const workspace = await bootSandbox();
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
  await (values.host === undefined ? startSandbox() : startOwn(values.host));
} catch (error) {
  print();
  console.error(red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
