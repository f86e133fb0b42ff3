/** The stack `local`: a container of this machine, or a Debian machine of somebody's own. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { agentSocket } from '../container/agent.ts';
import { hostsDirectory, readRecord } from '../container/record.ts';
import { ErrorWithRemedy } from './error.ts';
import { releaseLocks } from './locks.ts';
import { run } from './process.ts';
import { keep, type Options, project, pulumi, root } from './pulumi.ts';

/** Name of the stack, and of the host in a container. */
export const local = 'local';

const stackFile = `${root}/stacks/Pulumi.local.yaml`;

/** A machine of somebody's own, as in `admin@server.example:2222`. */
export type OwnHost = { user: string; address: string; port: number };

/** Where the stack lives: project, state, and the environment that Pulumi needs for it. */
export type Workspace = Options & { cwd: string; state: string; env: NodeJS.ProcessEnv };

/** Reads `[USER@]ADDRESS[:PORT]`; the user is root and the port 22 when not given. */
export function ownHost(text: string): OwnHost {
  const match = /^(?:([a-z_][a-z0-9_-]*)@)?([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::(\d+))?$/.exec(
    text,
  );
  if (!match) {
    throw new ErrorWithRemedy(
      `--host ${text}: not a host.`,
      'Write it as USER@ADDRESS or USER@ADDRESS:PORT, such as admin@server.example.',
    );
  }
  const [, user = 'root', address = '', port = '22'] = match;
  return { user, address: address.replace(/^\[|\]$/g, ''), port: Number(port) };
}

// The passphrase is no secret, so that the stack file with what is encrypted in it works in every clone.
const passphrase = {
  PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
  PULUMI_CONFIG_PASSPHRASE: local,
};

/** The stack on the container; its key is in an SSH agent of its own. */
export async function containerWorkspace(): Promise<Workspace> {
  if (!(await readRecord(local)))
    throw new ErrorWithRemedy(`There is no host ${local}.`, 'Make it: npm start');
  const socket = await agentSocket(join(hostsDirectory, local));
  return {
    cwd: root,
    state: stateDirectory(),
    env: { ...passphrase, SSH_AUTH_SOCK: socket },
  };
}

/**
 * The same stack on somebody's own machine: a copy of its stack file with another server.
 * The host key is the one in the user's known_hosts, the login key one of the user's agent or the default file.
 */
export async function ownWorkspace(host: OwnHost): Promise<Workspace> {
  const directory = stateDirectory(host);
  const privateKey = (await agentHasKey()) ? {} : { privateKey: defaultKey() };
  const file = parse(readFileSync(stackFile, 'utf8'));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  project(directory);
  file.config['keelson:server'] = { ...host, ...privateKey };
  writeFileSync(`${directory}/stacks/Pulumi.${local}.yaml`, stringify(file));
  return { cwd: directory, state: `${directory}/state`, env: passphrase };
}

/** What is kept of the stack beside its host; removed with it. */
export function stateDirectory(host?: OwnHost): string {
  return host ? join(keep, 'own', `${host.user}@${host.address}:${host.port}`) : join(keep, local);
}

/** Desktops start an agent that may hold nothing. */
async function agentHasKey(): Promise<boolean> {
  if (!process.env.SSH_AUTH_SOCK) return false;
  const { code } = await run('ssh-add', ['-l']).catch(() => ({ code: 2 }));
  return code === 0;
}

function defaultKey(): string {
  const names = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
  const directory = join(homedir(), '.ssh');
  const found = names.map((name) => join(directory, name)).find((path) => existsSync(path));
  if (found) return found;
  throw new ErrorWithRemedy(
    `No key to log in with: no SSH agent holds one, and ${directory} has no ${names.join(', ')}.`,
    'Put yours into an agent: eval $(ssh-agent); ssh-add FILE',
  );
}

const stackFileSchema = z.object({
  config: z.object({
    'keelson:server': z.object({ address: z.string(), user: z.string().default('root') }),
    'keelson:apps': z.record(z.string(), z.object({ domains: z.array(z.string()) })).default({}),
  }),
});

/** Who logs in on which server, and the names that its apps answer to. */
export function stackSettings(): {
  user: string;
  address: string;
  apps: { name: string; domains: string[] }[];
} {
  const { config } = stackFileSchema.parse(parse(readFileSync(stackFile, 'utf8')));
  const apps = Object.entries(config['keelson:apps']);
  return {
    ...config['keelson:server'],
    apps: apps.map(([name, { domains }]) => ({ name, domains })),
  };
}

/** Creates the stack unless it is there, and frees it from a run that was killed. */
export async function prepareStack(workspace: Workspace): Promise<void> {
  // Asking Pulumi takes a second.
  const isThere = existsSync(`${workspace.state}/.pulumi/stacks/keelson/${local}.json`);
  if (!isThere) await createStack(workspace);
  await releaseLocks(local, workspace);
}

async function createStack(workspace: Workspace): Promise<void> {
  const { code, stderr } = await pulumi(['stack', 'init', local, '--no-select'], workspace);
  if (code !== 0) throw new Error(stderr.trim());
}
