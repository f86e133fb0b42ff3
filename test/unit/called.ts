/** The command `keelson`, in this process: a process of its own would load half a second for each call. */
import { keelson } from '../../tools/cli/call.ts';
import { within } from './within.ts';

type Surroundings = { readonly cwd: string; readonly env?: NodeJS.ProcessEnv };

/** Where there is neither Pulumi, nor git, nor a configuration of SSH. */
export const nowhere = { PATH: '/nowhere', HOME: '/nowhere' };

/** What it prints, and its exit code. */
export async function called(args: readonly string[], { cwd, env = nowhere }: Surroundings) {
  const printed = { stdout: '', stderr: '' };
  const { log, error } = console;
  console.log = (text: string) => {
    printed.stdout += `${text}\n`;
  };
  console.error = (text: string) => {
    printed.stderr += `${text}\n`;
  };
  try {
    return { status: await within({ cwd, env }, () => keelson(args)), ...printed };
  } finally {
    Object.assign(console, { log, error });
  }
}
