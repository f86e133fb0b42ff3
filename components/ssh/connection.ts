/**
 * One SSH connection to a host, for looking at it.
 *
 * Changes travel through `@pulumi/command`; this connection only reads, in previews too.
 */
import ssh2, { type ConnectConfig } from 'ssh2';
import { algorithms, changedKey, hostKeys, isKnown } from './known-hosts.ts';
import { login } from './login.ts';
import { openShell, type Shell } from './shell.ts';
import { HostError, type Target } from './target.ts';

export { HostError, type Target } from './target.ts';

export type Session = {
  /** Runs a script as root with the host's `sh` and returns what it printed; rejects when it fails. */
  script(text: string): Promise<string>;
  /** What the login printed by itself, before any script. */
  greeting(): Promise<string>;
  close(): void;
};

/** How long a host may say nothing, and a script may take. */
export type Patience = {
  /** Milliseconds until a connection must stand. */
  readonly ready: number;
  /** Milliseconds between two questions whether the host is still there; it is given up at the third without an answer. */
  readonly alive: number;
  /** Milliseconds that one script may take, however alive the host is. */
  readonly script: number;
};

const patience: Patience = { ready: 10_000, alive: 5_000, script: 300_000 };

/**
 * Opens a connection after checking the host's key. Gives up after 10 seconds, on a host that falls silent
 * after 15, on a script after five minutes.
 * @throws HostError that names the host, the cause and the remedy.
 */
export async function open(target: Target, waits: Partial<Patience> = {}): Promise<Session> {
  const limits = { ...patience, ...waits };
  const keys = hostKeys(target);
  const client = new ssh2.Client();
  let refused = false;
  const options: ConnectConfig = {
    host: target.address,
    port: target.port,
    username: target.user,
    readyTimeout: limits.ready,
    keepaliveInterval: limits.alive,
    keepaliveCountMax: 3,
    algorithms: {
      serverHostKey: algorithms(keys) as NonNullable<
        NonNullable<ConnectConfig['algorithms']>['serverHostKey']
      > &
        string[],
    },
    hostVerifier: (key: Buffer) => {
      refused = !isKnown(keys, key);
      return !refused;
    },
    ...login(target),
  };
  await new Promise<void>((done, failed) => {
    client.once('ready', done);
    client.once('error', (error) =>
      failed(new HostError(target, refused ? changedKey(target) : remedy(error, target))),
    );
    client.once('close', () => failed(new HostError(target, remedy(new Error('hung up'), target))));
    client.connect(options);
    // A question goes out at once: to wait for more to send along takes a quarter of a second of each look.
    client.setNoDelay(true);
  });
  client.on('error', () => client.end());
  // The first script opens it, so that what is wrong with it is told as a script's failure.
  let shell: Promise<Shell> | undefined;
  return {
    script: async (text) => {
      shell ??= openShell(client, target.user === 'root' ? 'sh' : 'sudo -n sh');
      return await answer(target, shell, text, limits.script).catch((error) => {
        client.destroy(); // It may go on to speak, and nobody asks it anything else.
        throw error;
      });
    },
    greeting: async () => (await shell)?.greeting ?? '',
    close: () => client.end(),
  };
}

/** What to do about an error that ended the attempt to connect. */
export function remedy(error: Error & { level?: string; code?: string }, target: Target): string {
  // sshd counts each key that an agent offers, and hangs up after six.
  if (/too many authentication failures/i.test(error.message))
    return 'it hung up after too many keys that it does not know; take some out of the agent (ssh-add -d), or name the right one as privateKey';
  if (error.level === 'client-authentication')
    return `it refused the login; is the public key in ~${target.user}/.ssh/authorized_keys, and the private one in the agent (ssh-add -l)?`;
  return `cannot be reached: ${error.message || error.code}; check address, port and firewall`;
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
  if (code !== 0) throw new HostError(target, failure(target, code, stderr));
  return stdout;
}

function failure({ user }: Target, code: number, stderr: string): string {
  if (/password is required/.test(stderr))
    return `${user} may not use sudo without a password; add "${user} ALL=(ALL) NOPASSWD: ALL" with visudo, or log in as root`;
  if (code === 127 && /sudo.*not found/.test(stderr))
    return `there is no sudo for ${user}; install it, or log in as root`;
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
