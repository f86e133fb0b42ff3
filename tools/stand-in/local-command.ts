/** Runs the command of a `local.Command`. */
import { spawn } from 'node:child_process';
import type { CommandInputs } from './command.ts';
import type { Context } from './connection.ts';
import { Output, type Streams } from './output.ts';

export type LocalCommandInputs = CommandInputs & { dir?: string; interpreter?: string[] };

/** Signals as the official plugin calls them. */
const names: Partial<Record<NodeJS.Signals, string>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGTERM: 'terminated',
};

/** Runs `command` on this machine, with `/bin/sh -c` unless another interpreter is given; a cancelled run kills it. */
export function runLocally(
  command: string,
  inputs: LocalCommandInputs,
  environment: Record<string, string>,
  { log, signal }: Context,
): Promise<Streams> {
  const [program = '/bin/sh', ...args] = inputs.interpreter?.length
    ? inputs.interpreter
    : ['/bin/sh', '-c'];
  const output = new Output(log, inputs.logging);
  const child = spawn(program, [...args, command], {
    cwd: inputs.dir,
    env: { ...process.env, ...environment },
    signal,
    killSignal: 'SIGKILL',
  });
  child.stdout.on('data', (chunk: Buffer) => output.add('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => output.add('stderr', chunk));
  child.stdin.on('error', () => {}); // The command may end without having read its input.
  child.stdin.end(inputs.stdin);
  return new Promise((resolve, reject) => {
    // A cancelled child reports the cancellation here and its end below; the end says more.
    child.on('error', (error) => {
      if (child.pid === undefined) reject(output.failure(error.message, command));
    });
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve(output.end());
      else
        reject(
          output.failure(
            killedBy ? `signal: ${names[killedBy] ?? killedBy}` : `exit status ${code}`,
            command,
          ),
        );
    });
  });
}
