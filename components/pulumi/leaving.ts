/** Servers that the stack file names no more: what the kit made there goes by the connection of the last `up`. */
import * as pulumi from '@pulumi/pulumi';
import { plain } from '../lib/plain.ts';
import { type Kept, keptSchema, knock } from '../ssh/knock.ts';
import { hostsOf } from './state.ts';
import { failWith } from './told.ts';

/**
 * Asks each of them, before the engine does, whether it lets that connection in, and fails the run where it does not,
 * with what to do: the engine would say why and no more, after tries enough for sshd to lock this address out. What is
 * left to do elsewhere goes on; with a program that failed nothing is deleted.
 */
export async function askLeaving(names: readonly string[]): Promise<void> {
  for (const problem of await stuck(names)) failWith(problem);
}

/** What is wrong with those that are not among these names. */
export async function stuck(names: readonly string[]): Promise<string[]> {
  const leaving = (await hostsOf()).filter(({ name }) => !names.includes(name));
  const each = leaving.map(async ({ name, urn, connection }) => {
    const kept = keptSchema.safeParse(connection).data;
    const wrong = kept && (await knock(kept));
    return kept && wrong ? [words(name, urn, kept, wrong)] : [];
  });
  return (await Promise.all(each)).flat();
}

const words = (name: string, urn: string, { user, host, port }: Kept, wrong: string): string =>
  [
    `server ${name} (${user}@${host}:${port}): is not in the stack file any more, and what was made there cannot be removed with the connection of the last up: ${plain(wrong)}. Nothing is removed in this run.`,
    '  Where it only lets in another login or shows another key: put it back with what holds now, run pulumi up, then take it out.',
    `  Where it is gone for good, forget it: pulumi state delete --yes --target-dependents --stack ${pulumi.getStack()} '${urn}'`,
  ].join('\n');
