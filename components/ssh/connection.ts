/**
 * One SSH connection to a host, for looking at it.
 *
 * Changes travel through `@pulumi/command`; this connection reads, in previews too, and in an `up` brings along what a
 * command will put in place.
 */
import type { Reached, Waits } from './connect.ts';
import { dial, type Say } from './dial.ts';
import { closedAccount, closedSudo } from './refusals.ts';
import { openShell, type Shell } from './shell.ts';
import { HostError, type Target, type Way } from './target.ts';

export type { Reached } from './connect.ts';
export { Pace, parseRate, rateScript } from './rate.ts';
export { HostError, type Way } from './target.ts';

export type Session = {
  /** Where it leads to, ssh_config considered. */
  readonly target: Target;
  /** Runs a script as root with the host's `sh` and returns what it printed; rejects when it fails. */
  script(text: string): Promise<string>;
  /** What the login printed by itself, before any script. */
  greeting(): Promise<string>;
  /**
   * How the host was reached; complete once a script has run.
   * @throws HostError where the command plugin could not do the same.
   */
  reached(): Reached;
  close(): void;
};

/** How long a host may say nothing, and a script may take. */
export type Patience = Waits & {
  /** Milliseconds that one script may take, however alive the host is. */
  readonly script: number;
};

/** The last pause is longer than ufw counts (30 s), and than sshd's first penalties last. */
const patience: Patience = {
  ready: 10_000,
  alive: 5_000,
  again: [3_000, 10_000, 35_000],
  script: 300_000,
};

/**
 * Opens a connection after checking the host's key. Gives up after 10 seconds, on a host that falls silent
 * after 15, on a script after five minutes.
 * @throws HostError that names the host, the cause and the remedy.
 */
export async function open(
  way: Way,
  waits: Partial<Patience> = {},
  say: Say = () => {},
): Promise<Session> {
  const limits = { ...patience, ...waits };
  const { client, target, reached } = await dial(way, limits, say);
  // The first script opens it, so that what is wrong with it is told as a script's failure.
  let shell: Promise<Shell> | undefined;
  return {
    target,
    script: async (text) => {
      shell ??= openShell(client, target.user === 'root' ? 'sh' : 'sudo -n sh');
      return await answer(target, shell, text, limits.script).catch((error) => {
        client.destroy(); // It may go on to speak, and nobody asks it anything else.
        throw error;
      });
    },
    greeting: async () => (await shell)?.greeting ?? '',
    reached,
    close: () => client.end(),
  };
}

const loginHint =
  '; it never came to the script: does a start-up file of the login, such as ~/.bashrc, wait for input or redirect output?';

async function answer(
  target: Target,
  shell: Promise<Shell>,
  script: string,
  milliseconds: number,
): Promise<string> {
  let opened: Shell | undefined;
  const work = shell.then((it) => {
    opened = it;
    return it.run(script);
  });
  const { code, stdout, stderr } = await within(milliseconds, work).catch((error: Error) => {
    const hint = opened?.hasBegun === false ? loginHint : '';
    throw new HostError(
      target,
      `the connection was lost while it was looked at: ${error.message}${hint}`,
    );
  });
  if (code === 0) return stdout;
  const isClosed = opened?.hasBegun === false && !/sudo/.test(stderr);
  const closed = isClosed ? closedAccount(target, `${stdout}${stderr}`) : undefined;
  throw new HostError(target, closed ?? closedSudo(target, code, stderr) ?? failure(code, stderr));
}

function failure(code: number, stderr: string): string {
  const words = stderr.trim();
  const said = words.length > 2000 ? `… ${words.slice(-2000)}` : words;
  // Each line but the first has a mark, so that none can pass for one of the kit's.
  return `looking at it failed with exit code ${code}: ${said.replace(/\n/g, '\n    | ')}`;
}

/** Its timer also keeps the program from ending early, and a host that lives from holding it for ever. */
function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  return new Promise((done, failed) => {
    const late = () => failed(new Error(`no answer in ${milliseconds / 1000} s`));
    const timer = setTimeout(late, milliseconds);
    work.then(done, failed).finally(() => clearTimeout(timer));
  });
}
