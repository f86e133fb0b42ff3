/** `keelson alert`: sends a test alert from each server by each of its channels. */
import { parseArgs } from 'node:util';
import { plain } from '../../components/lib/plain.ts';
import { failure, hear, Refused } from '../operate/ask.ts';
import { onEach } from '../operate/each.ts';
import { readStack, type Server, serversWith } from '../operate/stack.ts';
import { type Command, refuse } from './command.ts';

const usage = `Usage: keelson alert STACK [--server NAME]

Waits for what comes of it, and says so of each channel: sent, or the receiver's words and what to do.`;

export const alert: Command = {
  name: 'alert',
  usage,
  summary: 'sends a test alert from each server of a stack by each of its channels',
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { server: { type: 'string' } },
      allowPositionals: true,
    });
    const [stack, ...others] = positionals;
    if (stack === undefined || others.length > 0) return refuse(usage);
    return await onEach(serversWith(readStack(stack), undefined, values.server), tested);
  },
};

/** Its exit code is 1 where a receiver did not take it, which is among what it says. */
async function tested(server: Server): Promise<number> {
  const { target, said, wrong, code } = await hear(server, ['test-alerts']);
  if (code !== 0 && said === '') throw new Refused(target, failure(target, code, wrong));
  for (const line of said.trim().split('\n')) console.log(`${server.name}: ${plain(line)}`);
  return code;
}
