/** A command of `keelson`: what `tools/cli/commands.ts` lists, and `tools/cli/call.ts` runs by its name. */
export type Command = {
  readonly name: string;
  /** How it is called, with a line for each option; what `keelson NAME --help` prints. */
  readonly usage: string;
  /** What it does, in one line of `keelson --help`. */
  readonly summary: string;
  /**
   * Does it, and yields the exit code: 0, or 1 where it found something wrong and has said so.
   * @throws what `parseArgs()` throws of arguments that are wrong, or an error with a message for people.
   */
  readonly run: (args: readonly string[]) => Promise<number>;
};

/** Tells somebody who called it wrongly how it is called; the exit code is 2. */
export function refuse(usage: string): number {
  console.error(usage);
  return 2;
}
