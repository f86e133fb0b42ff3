/** What `remote.Command` and `local.Command` have in common: which command runs when, in which environment. */
import type { Context } from './connection.ts';
import type { Streams } from './output.ts';

export type CommandInputs = {
  create?: string;
  update?: string;
  delete?: string;
  stdin?: string;
  logging?: string;
  environment?: Record<string, string>;
  addPreviousOutputInEnv?: boolean;
};

/** Runs one command to its end. */
export type Run<Inputs> = (
  command: string,
  inputs: Inputs,
  environment: Record<string, string>,
  context: Context,
) => Promise<Streams>;

/** The variables that a command gets; those of its previous run only where it wrote anything. */
export function environmentOf(inputs: CommandInputs, previous: Streams): Record<string, string> {
  return {
    ...inputs.environment,
    ...(inputs.addPreviousOutputInEnv !== false && {
      ...(previous.stdout && { PULUMI_COMMAND_STDOUT: previous.stdout }),
      ...(previous.stderr && { PULUMI_COMMAND_STDERR: previous.stderr }),
    }),
  };
}
