/** A question to a server whose answer is short, such as a verb of its helper. */
import { text } from 'node:stream/consumers';
import { helperPath } from '../../components/host/script.ts';
import { plain } from '../../components/lib/plain.ts';
import { exec } from '../../components/ssh/exec.ts';
import { closedSudo } from '../../components/ssh/refusals.ts';
import { HostError, type Target } from '../../components/ssh/target.ts';
import { linesOf } from './lines.ts';
import type { Server } from './stack.ts';

/** What a server answered, and would not do; one that cannot be reached says nothing. */
export class Refused extends HostError {}

/**
 * What a verb of the helper printed, also as it failed, and its exit code.
 * @throws HostError where the server cannot be reached.
 */
export async function hear({ way }: Server, words: readonly string[]) {
  const { target, channel, ended } = await exec(way, [helperPath, ...words], { root: true });
  const [said, wrong, code] = await Promise.all([text(channel), text(channel.stderr), ended]);
  return { target, said, wrong, code };
}

/**
 * What a verb of the helper printed, such as `['releases', 'shop']`.
 * @throws Refused with its own words where it fails, HostError where it cannot be reached.
 */
export async function askHelper(server: Server, words: readonly string[]): Promise<string> {
  const { target, said, wrong, code } = await hear(server, words);
  if (code !== 0) throw new Refused(target, failure(target, code, wrong));
  return said;
}

/** Passes on, line by line, what a verb of the helper prints. */
export async function followHelper(
  { way }: Server,
  words: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const { target, channel, ended } = await exec(way, [helperPath, ...words], { root: true });
  const wrong = text(channel.stderr);
  for await (const line of linesOf(channel)) print(plain(line));
  const code = await ended;
  if (code !== 0) throw new Refused(target, failure(target, code, await wrong));
}

/** Why a command of root's failed, in the words that people need. */
export function failure(target: Target, code: number, stderr: string): string {
  if (/^keelson: usage:/m.test(stderr) || code === 127)
    return 'its helper is missing, or of a version that cannot do this; run pulumi up';
  const said = stderr.trim().replace(/^keelson: /, '');
  return closedSudo(target, code, stderr) ?? (said || `it ended with exit code ${code}`);
}

/** Prints what it was told of each server, and with its name where there are several. */
export const printer = (servers: readonly Server[], { name }: Server) => {
  const prefix = servers.length > 1 ? `${name} ` : '';
  return (line: string): void => console.log(`${prefix}${line}`);
};
