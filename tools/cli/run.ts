/** `keelson run`: something that is run once as an app runs, such as a console or a migration. */
import { parseArgs } from 'node:util';
import { helperPath } from '../../components/host/script.ts';
import { attach, ownTerminal } from '../operate/attach.ts';
import { readStack, serversWith } from '../operate/stack.ts';
import { type Command, refuse } from './command.ts';

const usage = `Usage: keelson run STACK APP [--server NAME] -- COMMAND [ARGUMENT…]   (npm run run -- STACK APP -- COMMAND …)

It runs in the release that is current, as the app's user, in its environment and sandbox, on one server: the first
that has the app when none is named. Its exit code is the command's; 255 where a signal ended it.`;

export const run: Command = {
  name: 'run',
  usage,
  summary: 'runs a command once, as the app runs: a console, a migration',
  async run(args) {
    const at = args.indexOf('--');
    const command = at < 0 ? [] : args.slice(at + 1);
    const { values, positionals } = parseArgs({
      args: args.slice(0, at < 0 ? undefined : at),
      options: { server: { type: 'string' } },
      allowPositionals: true,
    });
    const [stack, app, ...others] = positionals;
    if (stack === undefined || app === undefined || others.length > 0 || command.length === 0)
      return refuse(usage);
    if (/^-|=/.test(command[0] ?? ''))
      throw new Error(
        `${command[0]}: is no command; write it after --, and variables as env NAME=VALUE COMMAND`,
      );
    const [server] = serversWith(readStack(stack), app, values.server);
    if (!server) return 1;
    const through = ownTerminal() ? 'terminal' : 'pipe';
    const words = [helperPath, 'run', app, through, ...command.map(literal)];
    return await attach(server.way, words, { root: true });
  },
};

/** systemd puts variables in where there is one sign. */
const literal = (word: string): string => word.replaceAll('$', '$$$$');
