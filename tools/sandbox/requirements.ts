import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run, SandboxError } from './process.ts';

/** What a host in a container needs on this machine, and the Debian package that has it. */
const commands: Record<string, string> = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  nft: 'nftables',
  ip: 'iproute2',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  'ssh-agent': 'openssh-client',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  flock: 'util-linux',
  taskset: 'util-linux',
};

const ownHost = 'or use a Debian machine of your own: npm start -- --host admin@server.example';

/**
 * Checks that this machine can run a Debian host in a container.
 * Throws one SandboxError that names all that is missing. May ask for sudo's password on a terminal.
 */
export async function checkRequirements(cache: string): Promise<void> {
  if (process.platform !== 'linux') {
    throw new SandboxError(
      `A Debian host in a container needs Linux; this is ${process.platform}.`,
      `Run this on a Linux machine (a virtual one will do), ${ownHost}.`,
    );
  }
  await checkCommands();
  await checkRoot();
  await checkSpace(cache);
}

async function checkCommands(): Promise<void> {
  const missing: string[] = [];
  for (const command of Object.keys(commands)) {
    if (!(await isInstalled(command))) {
      missing.push(command);
    }
  }
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((command) => commands[command]))].join(' ');
    throw new SandboxError(
      `Not installed on this machine: ${missing.join(', ')}.`,
      `Debian and Ubuntu: sudo apt-get install ${packages}; ${ownHost}.`,
    );
  }
}

async function isInstalled(command: string): Promise<boolean> {
  // Ordinary users often have no sbin in their PATH; root's commands are there all the same.
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const directory of directories) {
    try {
      await access(join(directory, command), constants.X_OK);
      return true;
    } catch {
      // the next one
    }
  }
  return false;
}

async function checkRoot(): Promise<void> {
  if (process.getuid?.() === 0) {
    return;
  }
  const remedy = `Become root, or have an administrator allow you sudo, ${ownHost}.`;
  if (!(await isInstalled('sudo'))) {
    throw new SandboxError('A container needs root, and there is no sudo here.', remedy);
  }
  const { code } = await run('sudo', ['--non-interactive', 'true']);
  if (code !== 0 && !(await askForPassword())) {
    throw new SandboxError('A container needs root, and sudo does not let you.', remedy);
  }
}

async function askForPassword(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    return false;
  }
  const { spawnSync } = await import('node:child_process');
  return spawnSync('sudo', ['--validate'], { stdio: 'inherit' }).status === 0;
}

/** A tree takes 0.4 GB, and twice that while it is made; a host with apps on it a few hundred MB. */
const neededMegabytes = 1500;

async function checkSpace(cache: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const { bavail, bsize } = await statfs(cache);
  const free = Math.floor((bavail * bsize) / 1_000_000);
  if (free < neededMegabytes) {
    throw new SandboxError(
      `${cache} has ${free} MB free; a Debian host needs ${neededMegabytes} MB.`,
      'Free some space, or set KEELSON_CACHE to a directory on a larger disk.',
    );
  }
}
