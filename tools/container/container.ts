import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorWithRemedy } from '../lib/error.ts';
import { type Finished, type RunOptions, rootCommand, runAsRoot } from '../lib/process.ts';

const script = join(import.meta.dirname, 'container.sh');

/** Exit code of `container.sh network` when the number belongs to another container. */
const taken = 17;

/** The address of container N; 198.18.0.0/15 is set aside for tests like these (RFC 2544). */
export const insideAddress = (number: number) => `198.18.${number}.2`;

/** Runs one verb of container.sh as root and returns how it ended. */
export function tryContainer(
  verb: string,
  number: number,
  args: string[] = [],
  options: RunOptions = {},
): Promise<Finished> {
  return runAsRoot(['sh', script, verb, String(number), ...args], options);
}

/** Runs one verb of container.sh as root; throws with its message when it fails. Returns what it printed. */
export async function container(
  verb: string,
  number: number,
  args: string[] = [],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await tryContainer(verb, number, args, options);
  if (code !== 0) {
    throw new ErrorWithRemedy(
      `keelson${number}: ${verb}: ${stderr.trim() || `exit code ${code}`}`,
      'Containers, network interfaces and nftables must be allowed here: on the machine itself or in a privileged container.',
    );
  }
  return stdout;
}

/** Makes the network of container `number`; false when that number is taken. */
export async function makeNetwork(number: number, owner: string): Promise<boolean> {
  const { code, stderr } = await tryContainer('network', number, [owner]);
  if (code === taken) {
    return false;
  }
  if (code !== 0) {
    await tryContainer('remove', number, ['']);
    throw new ErrorWithRemedy(
      `No network for a container: ${stderr.trim()}`,
      'Network namespaces, veth interfaces and nftables must be allowed here: on the machine itself or in a privileged container.',
    );
  }
  return true;
}

/** Starts a container that outlives this process; its console goes to `DIR/console.log`. */
export function startContainer(
  number: number,
  directory: string,
  base: string,
  cpus: string,
  diskMegabytes: number,
): void {
  const console = openSync(join(directory, 'console.log'), 'w');
  const [command, args] = rootCommand([
    ...['sh', script, 'run', String(number)],
    ...[directory, base, cpus, String(diskMegabytes)],
  ]);
  const child = spawn(command, args, { detached: true, stdio: ['ignore', console, console] });
  child.on('error', () => undefined);
  child.unref();
  closeSync(console);
}

export type RunningContainer = { number: number; owner: string; directory: string };

/** All containers of this machine that have a network, of whichever clone. */
export async function runningContainers(): Promise<RunningContainer[]> {
  const lines = (await container('owners', 0)).split('\n').filter(Boolean);
  return lines.map((line) => {
    const [number, owner = '', ...directory] = line.split(' ');
    return { number: Number(number), owner, directory: directory.join(' ') };
  });
}
