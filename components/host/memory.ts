/**
 * What a stack keeps of its last `up`: enough to show a program's changes from where no host can
 * be reached.
 */
import * as pulumi from '@pulumi/pulumi';
import { judgeHelper } from './drift.ts';
import { type Look, type Remembered, runsOfBlobs } from './look.ts';
import type { Server } from './resources.ts';

/** What the last `up` of this stack saw, by server; empty when there was none. */
export async function lastSeen(): Promise<Readonly<Record<string, Remembered>>> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  // The engine's own look into the state, without a stack reference among the resources.
  const answer = await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', {
    stackName,
  });
  const resources = Object.entries(
    (answer.outputs ?? {}) as Record<string, { outputs?: { memory?: Remembered } }>,
  );
  return Object.fromEntries(
    resources.flatMap(([urn, { outputs }]) =>
      outputs?.memory ? [[urn.slice(urn.lastIndexOf('::') + 2), outputs.memory]] : [],
    ),
  );
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

/** Waits until every command of these servers has ended, so that an error after it harms none of them. */
export async function settled(servers: readonly Server[]): Promise<void> {
  const commands = servers.flatMap((server) => [...server.commands.values()]);
  await Promise.all(commands.map((command) => new Promise((done) => command.urn.apply(done))));
}
