/** A stack as those who operate it see it: its servers, how each is reached, and the apps on them. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import type { AppConfig } from '../../components/app/components.ts';
import { readConfig } from '../../components/config/config.ts';
import type { HostConfig } from '../../components/config/host.ts';
import { unknown } from '../../components/config/spelling.ts';
import { projectRoot, stackFolder } from '../../components/config/stack-file.ts';
import { readStackFile } from '../../components/config/stack-on-disk.ts';
import type { Way } from '../../components/ssh/target.ts';

/** A server, and the way to it. */
export type Server = {
  readonly name: string;
  readonly way: Way;
  readonly apps: readonly AppConfig[];
};

export type Stack = {
  readonly name: string;
  /** Its stack file, as a path from the project. */
  readonly file: string;
  readonly servers: readonly Server[];
  /** How many servers, or what share of them, one change may reach at a time. */
  readonly atOnce: number | string;
};

/**
 * Reads a stack's file, from within its project or below; neither Pulumi nor a passphrase is needed, but for the
 * addresses of servers that were made on AWS.
 * @throws an error that says all that is wrong.
 */
export function readStack(name: string): Stack {
  const root = projectRoot('.');
  if (root === undefined)
    throw new Error('there is no Pulumi.yaml here or above; go to the project');
  // What a stack file names is relative to the project.
  process.chdir(root);
  const file = join(relative(root, stackFolder(root)) || '.', `Pulumi.${name}.yaml`);
  const { hosts, rollout } = readConfig(readStackFile(file));
  const made = hosts.some(({ aws }) => aws) ? addressesOf(name) : {};
  return {
    name,
    file,
    servers: hosts.map((host) => serverOf(host, made)),
    atOnce: rollout.servers,
  };
}

function serverOf({ name, server, aws, apps }: HostConfig, made: Record<string, string>): Server {
  const { port, user, hostKey, knownHosts, privateKey } = server;
  const address = aws ? made[name] : server.address;
  if (address === undefined)
    throw new Error(`server ${name}: it is not made yet, or by nobody here; run pulumi up`);
  const key = privateKey ?? keyBeside(knownHosts);
  return { name, apps, way: { name, address, port, user, hostKey, knownHosts, privateKey: key } };
}

/** That of a container of `npm start`, whose directory holds both. */
function keyBeside(knownHosts: string | undefined): string | undefined {
  if (knownHosts === undefined) return undefined;
  const [key, record] = ['id_ed25519', 'host.json'].map((name) => join(dirname(knownHosts), name));
  return key && record && existsSync(key) && existsSync(record) ? key : undefined;
}

/** Where servers are that were made; the state alone knows. */
function addressesOf(stack: string): Record<string, string> {
  const args = ['stack', 'output', 'addresses', '--json', '--stack', stack];
  try {
    const said = execFileSync('pulumi', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return z.record(z.string(), z.string()).parse(JSON.parse(said));
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(
      `pulumi ${args.join(' ')}: ${stderr.trim() || message}; servers on AWS have their addresses in Pulumi's state: log in where it is kept`,
    );
  }
}

/**
 * The servers of a stack, or the one that is named, that have an app.
 * @throws where there is no such server or app, with what may have been meant.
 */
export function serversWith(stack: Stack, app?: string, server?: string): readonly Server[] {
  const { name, servers } = stack;
  const named = server === undefined ? servers : servers.filter((it) => it.name === server);
  const known = servers.map((it) => it.name);
  if (named.length === 0)
    throw new Error(`${server} ${unknown(server ?? '', `a server of ${name}`, known)}`);
  if (app === undefined) return named;
  const having = named.filter((it) => it.apps.some((one) => one.name === app));
  const apps = [...new Set(servers.flatMap((it) => it.apps.map((one) => one.name)))];
  if (!apps.includes(app)) throw new Error(`${app} ${unknown(app, `an app of ${name}`, apps)}`);
  if (having.length === 0) throw new Error(`${app} does not run on ${server}; leave out --server`);
  return having;
}
