/**
 * What a stack keeps of its last `up`: enough to show a program's changes from where no host can
 * be reached.
 */
import * as pulumi from '@pulumi/pulumi';
import { judgeHelper } from '../host/drift.ts';
import { type Look, type Remembered, runsOfBlobs } from '../host/look.ts';

/** What the last `up` of this stack saw, by server; empty when there was none. */
export async function lastSeen(): Promise<Readonly<Record<string, Remembered>>> {
  return Object.fromEntries(
    (await readState()).flatMap(([urn, { memory }]) =>
      memory ? [[urn.slice(urn.lastIndexOf('::') + 2), memory as Remembered]] : [],
    ),
  );
}

type Outputs = Record<string, unknown>;

export type LastOutputs = { apps: Outputs; changes: Outputs };

/** The outputs of the stack itself after the last `up`, by server; empty when there was none. */
export async function lastOutputs(): Promise<LastOutputs> {
  const stack = (await readState()).find(([urn]) => urn.includes('::pulumi:pulumi:Stack::'));
  const { apps = {}, changes = {} } = stack?.[1] ?? {};
  return { apps: apps as Outputs, changes: changes as Outputs };
}

/** The outputs of each resource, by URN. */
async function readState(): Promise<[string, Outputs][]> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  // The engine's own look into the state, without a stack reference among the resources.
  const answer = await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', {
    stackName,
  });
  const resources = (answer.outputs ?? {}) as Record<string, { outputs?: Outputs }>;
  return Object.entries(resources).map(([urn, { outputs }]) => [urn, outputs ?? {}]);
}

/** What `lastSeen` will find, of one server. */
export function remember({ facts, memory, judged }: Look, run: string): Remembered {
  const headers = judged.map(({ manifest, verdict }) => [manifest.name, verdict.header] as const);
  return {
    facts,
    headers: { helper: judgeHelper({ memory, run }).header, ...Object.fromEntries(headers) },
    blobs: runsOfBlobs(judged),
  };
}
