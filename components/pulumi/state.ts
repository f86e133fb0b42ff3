/**
 * What a stack keeps of its last `up`: enough to show a program's changes from where no host can
 * be reached, and what runs on a host that is down.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as pulumi from '@pulumi/pulumi';
import type { Look, Remembered, Seen } from '../host/look.ts';
import { runsOfBlobs } from '../host/sent.ts';
import { firstLine } from './install.ts';

type Outputs = Record<string, unknown>;

/** What the last `up` of this stack registered of a host; empty when there was none. */
export async function lastOf(name: string): Promise<{ apps?: Outputs; memory?: Remembered }> {
  const all = await state();
  const isHost = ([urn, { memory }]: (typeof all)[number]) =>
    urn.endsWith(`::${name}`) && memory !== undefined;
  const found: { apps?: Outputs; memory?: Remembered } = all.find(isHost)?.[1] ?? {};
  const { memory } = found;
  const { helper, ...others } = memory?.headers ?? {};
  const command = all.find(([urn]) => urn.endsWith(`$command:remote:Command::${name}-helper`));
  const installed = pulumi.runtime.unwrapRpcSecret(command?.[1].stdin);
  if (!memory || !helper || typeof installed !== 'string') return found;
  // A run that leaves its command out, or goes on where that failed, remembers a helper that the command has not.
  const isSame = installed.startsWith(firstLine(helper.run));
  return isSame ? found : { ...found, memory: { ...memory, headers: others } };
}

/**
 * Shows the stack's outputs as the last `up` left them until this one registers its own: a run that fails has
 * none, and the engine would show those as deleted that still hold.
 */
export async function showLastOutputs(): Promise<void> {
  const stack = pulumi.runtime.getStackResource();
  if (pulumi.runtime.isDryRun() || !stack) return;
  const found = (await state()).find(([urn]) => urn.includes('::pulumi:pulumi:Stack::'));
  if (found) pulumi.runtime.registerResourceOutputs(stack, found[1]);
}

/** The outputs that the last run left of a resource, by the end of its type's path and its name. */
export async function outputsOf(type: string, name: string): Promise<Outputs | undefined> {
  return (await namedOutputs(type)).get(name);
}

/** The same of each resource of a type, by name. */
export async function namedOutputs(type: string): Promise<ReadonlyMap<string, Outputs>> {
  const found = (await state()).flatMap(([urn, outputs]): [string, Outputs][] => {
    const [path = '', name = ''] = urn.split('::').slice(-2);
    if (!path.endsWith(type)) return [];
    const entries = Object.entries(outputs);
    const plain = entries.map(([key, value]) => [key, pulumi.runtime.unwrapRpcSecret(value)]);
    return [[name, Object.fromEntries(plain)]];
  });
  return new Map(found);
}

/** The hosts of the last `up`, each with what its own `delete` would go by; nothing where there is none yet. */
export async function hostsOf(): Promise<{ name: string; urn: string; connection: unknown }[]> {
  const all = new Map(await state());
  return (
    [...all.keys()]
      .sort()
      .filter((urn) => /[:$]keelson:(?:index:Host|host:Server)::[^:]+$/.test(urn))
      // With its machine all goes that was made there, as long as the state has that.
      .filter((urn) => !all.has(String(all.get(urn)?.machine)))
      .map((urn) => {
        const [, parents = '', name = ''] = /^(.*)::([^:]+)$/.exec(urn) ?? [];
        const command = `${parents}$command:remote:Command::${name}`;
        const found = all.get(`${command}-prune`) ?? all.get(`${command}-helper`);
        return { name, urn, connection: pulumi.runtime.unwrapRpcSecret(found?.connection) };
      })
  );
}

/** The connection by which a host's own `delete` would go. */
export const keptOf = async (name: string): Promise<unknown> =>
  (await hostsOf()).find((host) => host.name === name)?.connection;

/** The outputs of each resource, by URN; an engine is asked once. */
function state(): Promise<[string, Outputs][]> {
  const engine = pulumi.runtime.getMonitor() ?? pulumi;
  const found = read.get(engine) ?? readState();
  read.set(engine, found);
  return found;
}
const read = new WeakMap<object, Promise<[string, Outputs][]>>();

async function readState(): Promise<[string, Outputs][]> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const answer = await readOutputs(stackName, 10);
  const resources = (answer.outputs ?? {}) as Record<string, { outputs?: Outputs }>;
  return Object.entries(resources).map(([urn, { outputs }]) => [urn, outputs ?? {}]);
}

/**
 * The engine's own look into the state, without a stack reference among the resources. The engine writes its checkpoint
 * while the program begins, and where the state is a folder's may read it before it is whole again.
 */
async function readOutputs(stackName: string, tries: number): Promise<Outputs> {
  try {
    return await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', { stackName });
  } catch (error) {
    if (tries <= 1 || !/checkpoint/.test(String(error))) throw error;
    await sleep(50);
    return await readOutputs(stackName, tries - 1);
  }
}

/**
 * Whether the state has of a manifest what the host has: its command has nothing to bring there. Where a run was killed
 * the host may be ahead of the state, and the next run brings it up to date.
 */
export const isSettled = (last: Remembered | undefined, { manifest, header, due }: Seen): boolean =>
  !due && last?.headers[manifest.name]?.run === header.run;

/** What `lastSeen` will find, of one host. */
export const remember = ({ facts, helper, seen }: Look, reached?: string): Remembered => ({
  ...(reached && { reached }),
  facts,
  headers: Object.fromEntries([
    ['helper', helper.header],
    ...seen.map(({ manifest, header }) => [manifest.name, header] as const),
  ]),
  blobs: runsOfBlobs(seen.map(({ manifest }) => manifest)),
});
