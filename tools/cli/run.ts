/** `keelson run`: something that is run once as an app runs, such as a console or a migration; or a job, at once. */
import { parseArgs } from 'node:util';
import { helperPath } from '../../components/host/script.ts';
import { attach, ownTerminal } from '../operate/attach.ts';
import { jobsOf, nameOf, type Part, partOf } from '../operate/part.ts';
import { readStack, type Stack, serversWith } from '../operate/stack.ts';
import { type Command, refuse } from './command.ts';

const usage = `Usage: keelson run STACK APP [--server NAME] -- COMMAND [ARGUMENT…]   (npm run run -- STACK APP -- COMMAND …)
       keelson run STACK JOB [--server NAME]

A command runs in the release that is current, as the app's user, in its environment and sandbox, on one server: the first
that has the app when none is named. Its exit code is the command's; 255 where a signal ended it.

A job, such as cleanup, or shop-clean of the member clean of shop, is run at once, and what it says is shown. It goes on
when this command is ended. The exit code is the job's; 124 where it took too long, 128 and more where a signal ended it.`;

export const run: Command = {
  name: 'run',
  usage,
  summary: 'runs a command once, as the app runs: a console, a migration; or a job, at once',
  async run(args) {
    const at = args.indexOf('--');
    const command = at < 0 ? [] : args.slice(at + 1);
    const { values, positionals } = parseArgs({
      args: args.slice(0, at < 0 ? undefined : at),
      options: { server: { type: 'string' } },
      allowPositionals: true,
    });
    const [stack, app, ...others] = positionals;
    if (stack === undefined || app === undefined || others.length > 0) return refuse(usage);
    if (/^-|=/.test(command[0] ?? ''))
      throw new Error(
        `${command[0]}: is no command; write it after --, and variables as env NAME=VALUE COMMAND`,
      );
    const read = readStack(stack);
    const part = partOf(read, app);
    const words = command.length > 0 ? onceAs(part, command) : jobOf(read, part);
    const [server] = serversWith(read, part.app, values.server);
    return server ? await attach(server.way, [helperPath, ...words], { root: true }) : 1;
  },
};

/** @throws of what nothing can run as. */
function onceAs(part: Part, command: readonly string[]): string[] {
  const name = nameOf(part);
  if (part.type === 'static')
    throw new Error(`${name} is static: it has no user that a command could run as`);
  if (part.member !== undefined)
    throw new Error(`${name} is a member of ${part.app}: run the command as that, ${part.app}`);
  return ['run', name, ownTerminal() ? 'terminal' : 'pipe', ...command.map(literal)];
}

/** @throws of what is none, with those that there are. */
function jobOf(stack: Stack, part: Part): string[] {
  const name = nameOf(part);
  if (part.type === 'job') return ['run', name];
  const jobs = jobsOf(stack, part.app);
  const also = jobs.length > 0 ? `, or run its job ${jobs.join(' or ')}` : '';
  throw new Error(`${name} is no job: write a command after --${also}`);
}

/** systemd puts variables in where there is one sign. */
const literal = (word: string): string => word.replaceAll('$', '$$$$');
