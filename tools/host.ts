/**
 * Debian hosts of one's own in containers of this machine, for people who work on the kit:
 *
 *     node tools/host.ts boot NAME [--release bookworm|trixie] [--user admin] [--cpus N] [--disk MiB]
 *     node tools/host.ts exec NAME -- COMMAND     as root, past the network and sshd
 *     node tools/host.ts ssh NAME -- COMMAND      over ssh
 *     node tools/host.ts cpus NAME N              changes how many processors it sees
 *     node tools/host.ts list                     name, address, login, files for ssh
 *     node tools/host.ts stop NAME                takes it down and removes all that it left
 *
 * It needs Linux, root or sudo, and the packages that `tools/setup.sh --container` installs.
 * A host's directory `.keelson/hosts/NAME` has its `known_hosts` and the key `id_ed25519` to log in with.
 */
import { spawnSync } from 'node:child_process';
import { type Release, releases } from './container/base.ts';
import { removeStaleHosts } from './container/cleanup.ts';
import type { DebianHost } from './container/host.ts';
import { createHost, findHost } from './container/make.ts';
import { recordedHosts } from './container/record.ts';
import { checkCommands, checkMachine } from './container/requirements.ts';
import { ErrorWithRemedy } from './lib/error.ts';
import { options } from './lib/options.ts';

const verbNames = 'boot|exec|ssh|cpus|list|stop';
const { values, positionals } = options(`node tools/host.ts ${verbNames} NAME`, {
  allowPositionals: true,
  options: {
    release: { type: 'string', default: 'trixie' },
    user: { type: 'string', default: 'root' },
    cpus: { type: 'string' },
    disk: { type: 'string', default: '0' },
  },
});
const [verb = '', name = '', ...rest] = positionals;

async function boot(): Promise<void> {
  const release = releases.find((known) => known === values.release) as Release | undefined;
  if (!release || !/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    throw usage();
  }
  await checkMachine();
  await checkCommands();
  await removeStaleHosts();
  const found = await findHost(name);
  await found?.boot();
  const cpus = values.cpus === undefined ? undefined : Number(values.cpus);
  const made = { release, user: values.user, cpus, diskMegabytes: Number(values.disk) };
  describe(found ?? (await createHost(name, { ...made, keep: true })));
}

function describe(host: DebianHost): void {
  console.log(`${host.name}\t${host.address}\tssh ${host.sshArguments.join(' ')}`);
}

async function list(): Promise<void> {
  for (const recorded of await recordedHosts()) {
    const host = await findHost(recorded);
    if (host) {
      describe(host);
    }
  }
}

async function existing(): Promise<DebianHost> {
  const host = await findHost(name);
  if (!host) {
    throw new ErrorWithRemedy(`There is no host ${name}.`, 'See: node tools/host.ts list');
  }
  return host;
}

async function exec(): Promise<void> {
  const { code, stdout, stderr } = await (await existing()).tryExec(rest.join(' '));
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
}

async function ssh(): Promise<void> {
  const { sshArguments } = await existing();
  process.exitCode = spawnSync('ssh', [...sshArguments, ...rest], { stdio: 'inherit' }).status ?? 1;
}

const verbs: Record<string, () => Promise<void>> = {
  boot,
  exec,
  ssh,
  list,
  cpus: async () => (await existing()).setCpus(Number(rest[0])),
  stop: async () => (await existing()).remove(),
};

function usage(): ErrorWithRemedy {
  return new ErrorWithRemedy(
    `host: ${verb || 'nothing'} to do, host "${name}"`,
    `node tools/host.ts ${verbNames} NAME; names are lower-case letters, digits and dashes.`,
  );
}

try {
  const action = verbs[verb];
  if (!action) {
    throw usage();
  }
  await action();
} catch (error) {
  console.error(error instanceof ErrorWithRemedy ? error.message : error);
  process.exitCode = 1;
}
