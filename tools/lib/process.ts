import { spawn } from 'node:child_process';

export type Finished = { code: number; stdout: string; stderr: string };

export type RunOptions = {
  /** Written to the command's standard input, which is empty otherwise. */
  input?: string | Buffer;
  /** In milliseconds; the command is killed then. Default: two minutes. */
  timeout?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
};

/**
 * Runs a command to its end and collects what it prints; an exit code other than 0 is no error.
 * A command that a signal ended has the code 128 + signal number, as in a shell, or 124 after the time-out.
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: options.env, cwd: options.cwd });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
      // What it started may go on, and hold its output open.
      child.stdout.destroy();
      child.stderr.destroy();
    }, options.timeout ?? 120_000);
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    // A command that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({
        code: late ? 124 : (code ?? 137),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}

const isRoot = process.getuid?.() === 0;

/** The command line that runs `args` as root: as it is for root, through sudo for others. */
export function rootCommand(args: string[]): [string, string[]] {
  const [command = '', ...rest] = isRoot ? args : ['sudo', '--non-interactive', ...args];
  return [command, rest];
}

/** Runs a command as root, through sudo where this process is not. */
export function runAsRoot(args: string[], options: RunOptions = {}): Promise<Finished> {
  return run(...rootCommand(args), options);
}
