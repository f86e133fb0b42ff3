import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorWithRemedy } from '../lib/error.ts';
import { type Finished, type RunOptions, run, runAsRoot } from '../lib/process.ts';
import { addKey, agentSocket } from './agent.ts';
import type { Release } from './base.ts';
import { container, insideAddress, startContainer, tryContainer } from './container.ts';
import { cpuList } from './cpus.ts';
import { takeNumber } from './number.ts';
import { type HostRecord, hostsDirectory, writeRecord } from './record.ts';
import { isSeeded, makeSeed } from './seed.ts';

/** How long a host may take to boot and to power off; usually it is about a second. */
const bootSeconds = 60;
const poweroffSeconds = 15;

/** A Debian host of our own in a container of this machine. */
export class DebianHost {
  readonly directory: string;
  #record: HostRecord;

  constructor(record: HostRecord) {
    this.#record = record;
    this.directory = join(hostsDirectory, record.name);
  }

  get name(): string {
    return this.#record.name;
  }
  get release(): Release {
    return this.#record.release;
  }
  get user(): string {
    return this.#record.user;
  }
  get address(): string {
    return insideAddress(this.#record.number);
  }
  /** The file that lists its host keys, as for ssh's UserKnownHostsFile. */
  get knownHosts(): string {
    return join(this.directory, 'known_hosts');
  }
  /** The private key that logs in. */
  get identity(): string {
    return join(this.directory, 'id_ed25519');
  }

  /** Boots it, unless it runs already, and waits until systemd has started everything, sshd too. */
  async boot(): Promise<void> {
    if (!(await this.isRunning())) {
      const { number, owner, cpus, base, diskMegabytes } = this.#record;
      await takeNumber(`${owner} ${this.directory}`, number);
      if (!(await isSeeded(this.directory))) await makeSeed(this.directory, this.#record);
      startContainer(number, this.directory, base, cpuList(cpus), diskMegabytes);
    }
    await this.#isUp();
  }

  async isRunning(): Promise<boolean> {
    return (await tryContainer('leader', this.#record.number)).code === 0;
  }

  async #isUp(): Promise<void> {
    const end = Date.now() + bootSeconds * 1000;
    while (Date.now() < end) {
      const { stdout } = await this.tryExec('systemctl is-system-running --wait', {
        timeout: end - Date.now(),
      });
      if (/^(running|degraded)$/m.test(stdout)) {
        return;
      }
      await sleep(50);
    }
    const console = await readFile(join(this.directory, 'console.log'), 'utf8');
    throw new ErrorWithRemedy(
      `The host ${this.name} did not boot within ${bootSeconds} s:\n${console.trim().slice(-2000)}`,
      'Containers must be allowed here: on the machine itself or in a privileged container.',
    );
  }

  /** Runs a shell command on the host as root, whatever state its network and sshd are in. */
  tryExec(command: string, options?: RunOptions): Promise<Finished> {
    return tryContainer('exec', this.#record.number, [command], options);
  }

  /** As `tryExec()`, but throws when the command fails, and returns what it printed. */
  async exec(command: string, options?: RunOptions): Promise<string> {
    return succeed(`${this.name}: ${command}`, await this.tryExec(command, options));
  }

  /** Arguments for ssh that log in on this host and accept its key alone. */
  get sshArguments(): string[] {
    return [
      ...['-i', this.identity, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
      ...['-o', `UserKnownHostsFile=${this.knownHosts}`, '-o', 'StrictHostKeyChecking=yes'],
      `${this.user}@${this.address}`,
    ];
  }

  /** Those that a person types; they are shorter where no key of another agent gets in the way. */
  get shortSshArguments(): string[] {
    const from = (path: string) => relative(process.cwd(), path);
    return [
      ...['-i', from(this.identity), '-o', `UserKnownHostsFile=${from(this.knownHosts)}`],
      `${this.user}@${this.address}`,
    ];
  }

  /** An SSH agent that holds its key; ends with the host. Returns its socket. */
  agent(): Promise<string> {
    return agentSocket(this.directory);
  }

  /** Puts its key into another agent too, for a stack of several hosts. */
  shareAgent(socket: string): Promise<void> {
    return addKey(socket, this.identity);
  }

  /** Runs a shell command over ssh, as the user who logs in; throws when it fails. */
  async ssh(command: string, options?: RunOptions): Promise<string> {
    return succeed(
      `ssh ${this.user}@${this.name}: ${command}`,
      await run('ssh', [...this.sshArguments, command], options),
    );
  }

  /** Shuts it down in order; `boot()` starts it again as it was. */
  async powerOff(): Promise<void> {
    await container('stop', this.#record.number, [String(poweroffSeconds)]);
  }

  /** Ends all its processes at one instant; what they wrote is on the disk, synced or not. */
  async powerCut(): Promise<void> {
    await container('kill', this.#record.number);
  }

  /** As `powerCut()`, and what was not synced is lost. Needs `diskMegabytes`. */
  async crash(): Promise<void> {
    await container('crash', this.#record.number, [this.directory]);
  }

  /** Changes the number of processors that everything on the running host sees. */
  async setCpus(count: number): Promise<void> {
    await container('cpus', this.#record.number, [cpuList(count)]);
    this.#record = { ...this.#record, cpus: count };
    await writeRecord(this.#record);
  }

  /** Drops all its traffic until `mendNetwork()`; connections stay open and hear nothing. */
  async cutNetwork(): Promise<void> {
    await container('cut', this.#record.number);
  }

  async mendNetwork(): Promise<void> {
    await container('mend', this.#record.number);
  }

  /** A new installation under the same name, address and host keys; of a copy too it is a fresh Debian. */
  async rebuild(): Promise<void> {
    await this.powerCut();
    const parts = ['upper', 'work', 'disk.img'].map((part) => join(this.directory, part));
    await runAsRoot(['rm', '-rf', ...parts]);
    this.#record = { ...this.#record, base: this.#record.base.replace(/.*:/, '') };
    await writeRecord(this.#record);
    await this.boot();
  }

  /** Id of its PID 1 as this machine sees it. */
  async leader(): Promise<number> {
    return Number(await container('leader', this.#record.number));
  }

  /** Takes it down and removes all that it left on this machine. */
  async remove(): Promise<void> {
    await container('remove', this.#record.number, [this.directory]);
  }
}

function succeed(what: string, { code, stdout, stderr }: Finished): string {
  if (code !== 0) {
    throw new Error(`${what}: exit code ${code}\n${stderr}${stdout}`);
  }
  return stdout;
}
