/** A command on a server with the terminal, or the standard input and output, of the one here. */
import { exec, type Options, type Terminal } from '../../components/ssh/exec.ts';
import type { Way } from '../../components/ssh/target.ts';

/** The terminal of this process; undefined where its input or output is none. */
export function ownTerminal(): Terminal | undefined {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return undefined;
  return { rows: stdout.rows, columns: stdout.columns, term: process.env.TERM ?? 'xterm' };
}

/**
 * Runs it until it ends, and returns its exit code; 128 and the signal's number where that ended it here.
 * @throws HostError where the server cannot be reached, or is lost.
 */
export async function attach(
  way: Way,
  words: readonly string[],
  options: Pick<Options, 'root'> = {},
): Promise<number> {
  const terminal = ownTerminal();
  const { stdin, stdout, stderr } = process;
  const { channel, ended, close } = await exec(way, words, { ...options, terminal });
  const resize = () => channel.setWindow(stdout.rows, stdout.columns, 0, 0);
  if (terminal) {
    // Each key is the other side's, Ctrl-C included.
    stdin.setRawMode(true);
    stdout.on('resize', resize);
  }
  let signalled: number | undefined;
  const end = (_: NodeJS.Signals, number: number) => {
    signalled = 128 + number;
    close();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  stdin.pipe(channel);
  channel.pipe(stdout);
  channel.stderr.pipe(stderr);
  try {
    return await ended;
  } catch (error) {
    if (signalled === undefined) throw error;
    return signalled;
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    if (terminal) stdin.setRawMode(false);
    stdout.off('resize', resize);
    stdin.unpipe(channel);
    // Else it would be waited for.
    stdin.destroy();
  }
}
