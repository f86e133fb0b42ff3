import { constants, readFileSync } from 'node:fs';
import { access, mkdir, readdir, stat, statfs } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ErrorWithRemedy } from '../lib/error.ts';
import { run } from '../lib/process.ts';
import { root } from '../lib/pulumi.ts';
import { cacheDirectory, hostsDirectory } from './record.ts';

/** What a host in a container needs on this machine, and the Debian package that has it. */
const commands: Record<string, string> = Object.fromEntries(
  readFileSync(join(root, 'tools/setup/container.packages'), 'utf8')
    .split('\n')
    .filter((line) => /^[^#-]/.test(line))
    .map((line) => line.split(/ +/)),
);

const ownHost = 'or use a Debian machine of your own: npm start -- --host admin@server.example';

/** What is asked of a machine, so that tests can ask another one. */
export type Machine = {
  platform: string;
  isRoot: boolean;
  /** Where its programs are, as in `PATH`. */
  path: string;
  /** The directory of downloads, and that of hosts. */
  cache: string;
  hosts: string;
};

const thisMachine = (): Machine => ({
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  // Ordinary users often have no sbin in their PATH; root's commands are there all the same.
  path: [process.env.PATH, '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter),
  cache: cacheDirectory,
  hosts: hostsDirectory,
});

/**
 * Checks that hosts in containers are possible on this machine: before everything that takes long.
 * @throws ErrorWithRemedy with the remedy.
 */
export async function checkMachine(machine: Machine = thisMachine()): Promise<void> {
  if (machine.platform !== 'linux') {
    throw new ErrorWithRemedy(
      `A Debian host in a container needs Linux; this is ${machine.platform}.`,
      `Run this on a Linux machine (a virtual one will do), ${ownHost}.`,
    );
  }
  await checkRoot(machine);
  await checkSpace(machine);
}

/**
 * Checks that the programs are installed that hosts in containers need; `tools/setup.sh --container` installs them.
 * @throws ErrorWithRemedy that names all that is missing.
 */
export async function checkCommands({ path } = thisMachine()): Promise<void> {
  const missing: string[] = [];
  for (const command of Object.keys(commands)) {
    if (!(await isInstalled(command, path))) {
      missing.push(command);
    }
  }
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((command) => commands[command]))].join(' ');
    throw new ErrorWithRemedy(
      `Not installed on this machine: ${missing.join(', ')}.`,
      `Debian and Ubuntu: sudo apt-get install ${packages}; ${ownHost}.`,
    );
  }
}

async function isInstalled(command: string, path: string): Promise<boolean> {
  for (const directory of path.split(delimiter)) {
    try {
      await access(join(directory, command), constants.X_OK);
      return true;
    } catch {
      // the next one
    }
  }
  return false;
}

/**
 * Checks that this process may become root; may ask for sudo's password on a terminal.
 * @throws ErrorWithRemedy with the remedy.
 */
export async function checkRoot({ isRoot, path } = thisMachine()): Promise<void> {
  if (isRoot) {
    return;
  }
  const remedy = `Become root, or have an administrator allow you sudo, ${ownHost}.`;
  if (!(await isInstalled('sudo', path))) {
    throw new ErrorWithRemedy('A container needs root, and there is no sudo here.', remedy);
  }
  const { code } = await run('sudo', ['--non-interactive', 'true'], { env: { PATH: path } });
  if (code !== 0 && !(await askForPassword())) {
    throw new ErrorWithRemedy('A container needs root, and sudo does not let you.', remedy);
  }
}

async function askForPassword(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    return false;
  }
  const { spawnSync } = await import('node:child_process');
  return spawnSync('sudo', ['--validate'], { stdio: 'inherit' }).status === 0;
}

/** In megabytes. A tree takes 0.4 GB, and twice that while it is made; a host with apps some hundred MB. */
const [treeSpace, hostSpace] = [1000, 500];

async function checkSpace({ cache, hosts }: Machine): Promise<void> {
  await mkdir(cache, { recursive: true });
  await mkdir(hosts, { recursive: true });
  const trees = await readdir(join(cache, 'debian')).catch(() => []);
  const cacheSpace = trees.length > 0 ? 0 : treeSpace;
  const areOnOneDisk = (await stat(cache)).dev === (await stat(hosts)).dev;
  await checkDisk(hosts, hostSpace + (areOnOneDisk ? cacheSpace : 0), 'Free some space.');
  const remedy = 'Free some space, or set KEELSON_CACHE to a directory on a larger disk.';
  if (!areOnOneDisk) await checkDisk(cache, cacheSpace, remedy);
}

async function checkDisk(directory: string, needed: number, remedy: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = Math.floor((bavail * bsize) / 1_000_000);
  if (free < needed) {
    throw new ErrorWithRemedy(
      `${directory} has ${free} MB free; a Debian host needs ${needed} MB there.`,
      remedy,
    );
  }
}
