/** `keelson alert STACK`: sends a test alert from each server by each of its channels. */
import { join, relative } from 'node:path';
import { resolve } from '../../components/config/config.ts';
import type { HostConfig } from '../../components/config/host.ts';
import { unknown } from '../../components/config/spelling.ts';
import { projectRoot, stackFolder } from '../../components/config/stack-file.ts';
import { readStackFile, stacksIn } from '../../components/config/stack-on-disk.ts';
import { helperPath } from '../../components/host/script.ts';
import { plain } from '../../components/lib/plain.ts';
import { open } from '../../components/ssh/connection.ts';
import type { Command } from './command.ts';

const usage = 'Usage: keelson alert STACK [SERVER]';

/**
 * Says of each channel of each server whether the receiver took a test alert, with its words and a remedy where not.
 * @returns the exit code: 1 where one did not, 2 for wrong arguments.
 */
async function run(args: readonly string[]): Promise<number> {
  const root = projectRoot('.');
  if (root === undefined)
    return refuse('there is no Pulumi.yaml here or above; go to the project', 1);
  process.chdir(root);
  const folder = relative(root, stackFolder(root)) || '.';
  const [stack, server, ...others] = args;
  if (stack === undefined || others.length > 0)
    return refuse(`${usage}; stacks: ${stacksIn(folder).join(', ')}`, 2);
  const { hosts } = resolve(readStackFile(join(folder, `Pulumi.${stack}.yaml`))).config;
  const chosen = hosts.filter(({ name }) => server === undefined || name === server);
  if (chosen.length === 0)
    return refuse(
      `${server} ${unknown(
        server ?? '',
        'a server of it',
        hosts.map(({ name }) => name),
      )}`,
      2,
    );
  const outcomes = await Promise.all(chosen.map(tested));
  for (const { lines } of outcomes) console.log(lines.join('\n'));
  return outcomes.every(({ isGood }) => isGood) ? 0 : 1;
}

export const alert: Command = {
  name: 'alert',
  usage,
  summary: 'sends a test alert from each server of a stack by each of its channels',
  run,
};

type Outcome = { isGood: boolean; lines: string[] };

/** Asks one server, over its own connection. */
async function tested({ name, server, aws }: HostConfig): Promise<Outcome> {
  const told = (isGood: boolean, text: string): Outcome => ({
    isGood,
    lines: text
      .trim()
      .split('\n')
      .map((line) => `${name}: ${plain(line)}`),
  });
  if (aws)
    return told(
      false,
      'is made on AWS, and its address is not in the stack file; log in there, and run sudo keelson test-alerts',
    );
  try {
    const session = await open({ ...server, name });
    try {
      const said = await session.script(`${helperPath} test-alerts 2>&1 && echo good || echo bad`);
      return told(said.endsWith('good\n'), said.replace(/(good|bad)\n$/, ''));
    } finally {
      session.close();
    }
  } catch (error) {
    return told(false, (error as Error).message);
  }
}

function refuse(message: string, code: number): number {
  console.error(message);
  return code;
}
