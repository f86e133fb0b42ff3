/** The Pulumi CLI of this clone: its own home, state and passphrase under `.keelson/`, never the user's. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };

/** The clone's directory, without a slash at its end. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What set-up and containers keep, outside version control. */
export const keep = `${root}/.keelson`;

const bin = `${keep}/pulumi/versions/${manifest.devDependencies.pulumi}/bin`;

/** The Pulumi program that set-up put there. */
export const executable = `${bin}/pulumi`;

export type Options = {
  /** The project's directory, where Pulumi.yaml is; the clone when not given. */
  cwd?: string;
  /** The directory of the state; `.keelson/state` when not given. */
  state?: string;
  /** Added to the environment; `undefined` removes a variable. */
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** Milliseconds until Pulumi is interrupted; ten seconds later it is killed. */
  timeout?: number;
};

export type Result = { code: number; stdout: string; stderr: string };

/**
 * The environment in which Pulumi, run from the clone, finds what set-up prepared and nothing of the user's.
 * Creates the state's directory and the passphrase when they are missing.
 */
export function environment({ state = `${keep}/state`, env }: Options = {}): NodeJS.ProcessEnv {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PULUMI_'));
  return {
    ...Object.fromEntries(inherited),
    PATH: `${root}/node_modules/.bin:${bin}:${process.env.PATH}`,
    PULUMI_HOME: `${keep}/pulumi`,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    // Where its download host cannot be reached, a plugin that no resource needs must not fail the run.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    NODE_COMPILE_CACHE: `${keep}/compile-cache`,
    ...env,
  };
}

function passphraseFile(): string {
  const file = `${keep}/passphrase`;
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return file;
}

/**
 * Runs Pulumi to its end and returns its exit code and output; a failure is not thrown.
 * A run that a signal ended, a time-out's among them, throws with the output so far.
 *
 *     const { code, stdout } = await pulumi(['preview', '--stack', 'local', '--diff'])
 */
export async function pulumi(args: readonly string[], options: Options = {}): Promise<Result> {
  const child = spawn(executable, ['--non-interactive', '--color=never', ...args], {
    cwd: options.cwd ?? root,
    env: environment(options),
  });
  const interruption = interruptAfter(child, options.timeout);
  child.stdin.on('error', () => {}); // Pulumi may end without having read its input.
  child.stdin.end(options.input);
  const ended = end(child);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended.finally(() => clearTimeout(interruption)),
  ]);
  if (code === null)
    throw new Error(
      `pulumi ${args.join(' ')}: ended by ${child.signalCode}${options.timeout ? `; it was given ${options.timeout} ms` : ''}\n${stdout}${stderr}`,
    );
  return { code, stdout, stderr };
}

export const end = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));

function interruptAfter(child: ChildProcess, milliseconds?: number): NodeJS.Timeout | undefined {
  if (milliseconds === undefined) return undefined;
  return setTimeout(() => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
  }, milliseconds);
}

/**
 * Makes `directory` a Pulumi project of its own that runs the clone's program, or the one in another directory:
 * its stack files are `directory/stacks/Pulumi.<stack>.yaml`. The program's working directory stays its own, so
 * paths in such a stack file are best absolute. Give the directory as `cwd`, and a `state`, to {@link pulumi}.
 *
 *     project('/tmp/scenario')
 *     writeFileSync('/tmp/scenario/stacks/Pulumi.web1.yaml', stringify({ config }))
 *     await pulumi(['stack', 'init', 'web1'], { cwd: '/tmp/scenario', state: '/tmp/scenario/state' })
 */
export function project(directory: string, program = root): void {
  const own = parse(readFileSync(`${program}/Pulumi.yaml`, 'utf8')) as Record<string, unknown>;
  mkdirSync(`${directory}/stacks`, { recursive: true });
  writeFileSync(
    `${directory}/Pulumi.yaml`,
    stringify({ ...own, main: `${program}/${own.main}`, stackConfigDir: 'stacks' }),
  );
}
