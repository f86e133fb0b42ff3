/** `keelson ssh`: a shell on a server. */
import { parseArgs } from 'node:util';
import { attach } from '../operate/attach.ts';
import { readStack, serversWith } from '../operate/stack.ts';
import { type Command, refuse } from './command.ts';

const usage = 'Usage: keelson ssh STACK [SERVER]   (the first one when not given)';

export const ssh: Command = {
  name: 'ssh',
  usage,
  summary: 'opens a shell on a server, as the user who logs in for the kit',
  async run(args) {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const [stack, name, ...others] = positionals;
    if (stack === undefined || others.length > 0) return refuse(usage);
    const [server] = serversWith(readStack(stack), undefined, name);
    return server ? await attach(server.way, []) : 1;
  },
};
