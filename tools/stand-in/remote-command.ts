/** Runs the command of a `remote.Command`. */
import { constants } from 'node:os';
import type { Client } from 'ssh2';
import type { CommandInputs } from './command.ts';
import { type Connection, type Context, dial } from './connection.ts';
import { Output, type Streams } from './output.ts';

export type RemoteCommandInputs = CommandInputs & { connection: Connection };

/**
 * Runs `command` on the host, over a connection of its own, which it closes.
 * The host's sshd decides which variables it takes (AcceptEnv); here, unlike in the official plugin,
 * one that it does not take is left out in silence.
 */
export async function runRemotely(
  command: string,
  inputs: RemoteCommandInputs,
  environment: Record<string, string>,
  context: Context,
): Promise<Streams> {
  const client = await dial(inputs.connection, context);
  try {
    const output = new Output(context.log, inputs.logging);
    const why = await execute(client, command, { env: environment, input: inputs.stdin, output });
    if (why) throw output.failure(why, command);
    return output.end();
  } finally {
    client.end();
  }
}

/** Resolves when the command has ended, with the reason when it failed. */
const execute = (
  client: Client,
  command: string,
  { env, input, output }: { env: Record<string, string>; input?: string; output: Output },
): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    client.once('close', () => resolve(withoutStatus));
    client.exec(command, { env }, (error, channel) => {
      if (error) return reject(error);
      // At once: a quick command has ended before anything that waits for a promise goes on.
      channel.on('data', (chunk: Buffer) => output.add('stdout', chunk));
      channel.stderr.on('data', (chunk: Buffer) => output.add('stderr', chunk));
      channel.on('error', () => {}); // The command may end without having read its input.
      channel.once('close', (code?: number | null, signal?: string) =>
        resolve(failureOf(code, signal)),
      );
      channel.end(input);
    });
  });

const withoutStatus = 'wait: remote command exited without exit status or exit signal';

function failureOf(code?: number | null, signal?: string): string | undefined {
  if (code === 0) return undefined;
  if (typeof code === 'number') return `Process exited with status ${code}`;
  return signal ? killed(signal) : withoutStatus;
}

/** sshd names a signal without its prefix: TERM. */
function killed(signal: string): string {
  const name = signal.replace(/^SIG/, '');
  const number = constants.signals[`SIG${name}` as NodeJS.Signals] ?? 0;
  return `Process exited with status ${128 + number} from signal ${name}`;
}
