/**
 * `keelson`: the commands beside `pulumi preview` and `pulumi up`.
 *
 * Exit codes: 0 when it is done; 1 when something is wrong, which it says; 2 when it was called wrongly.
 */
import { unknown } from '../../components/config/spelling.ts';
import { commands } from './commands.ts';

/**
 * Runs the command that is named first, with the words after it.
 * @returns the exit code.
 */
export async function keelson([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || isHelp(name)) return help(name === undefined);
  const command = commands.find((it) => it.name === name);
  if (command === undefined) {
    const names = commands.map((it) => it.name);
    return say(2, `keelson: ${name} ${unknown(name, 'a command', names)}`);
  }
  if (args.some(isHelp)) return say(0, `${command.summary}.\n\n${command.usage}`);
  try {
    return await command.run(args);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const told = `keelson ${name}: ${message}`;
    return code.startsWith('ERR_PARSE_ARGS') ? say(2, `${told}\n\n${command.usage}`) : say(1, told);
  }
}

const isHelp = (word: string): boolean => word === '--help' || word === '-h';

/** Asked for it is an answer; where nothing was asked for it is what is wrong. */
function help(isMissing: boolean): number {
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`);
  const more = 'keelson COMMAND --help says more of one.';
  return say(isMissing ? 2 : 0, ['Usage: keelson COMMAND', '', ...lines, '', more].join('\n'));
}

function say(code: number, text: string): number {
  if (code === 0) console.log(text);
  else console.error(text);
  return code;
}
