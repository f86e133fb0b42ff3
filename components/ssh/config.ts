/**
 * What ssh_config says of a host. OpenSSH's own client is asked (`ssh -G`), since only it resolves Match, Include and
 * tokens as ssh itself does; where there is none, a host is as the stack file says.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join, resolve as path } from 'node:path';
import { childEnvironment } from '../lib/child-environment.ts';
import { HostError, type Target, type Way } from './target.ts';

/** A path of this machine, in which `~/` is the home directory. */
export const expand = (file: string): string => path(file.replace(/^~(?=\/|$)/, homedir()));

const systemFile = '/etc/ssh/ssh_config';
const ownFile = () => join(homedir(), '.ssh', 'config');

/** Stand where ssh_config says nothing: by itself ssh would fill in what is not asked for. */
const nobody = 'keelson-nobody';
const noKey = '/keelson-no-key';

/**
 * The way to a host: what is given wins over what ssh_config says, and that over root, port 22 and the agent.
 * @throws HostError where ssh_config cannot be read, or asks for what the command plugin cannot do.
 */
export async function resolve(way: Way): Promise<Target> {
  return await withJump(way, await ask(way), resolveJump);
}

type Answer = ReadonlyMap<string, readonly string[]>;
type Jump = (way: Way, jump: string) => Promise<Target>;

async function withJump(way: Way, said: Answer, jump: Jump): Promise<Target> {
  const one = (key: string) => said.get(key)?.[0];
  const user = way.user ?? one('user');
  const port = way.port ?? Number(one('port') ?? 22);
  const resolved: Target = {
    ...way,
    address: one('hostname') ?? way.address,
    port,
    user: user === undefined || user === nobody ? 'root' : user,
  };
  const command = one('proxycommand');
  if (command !== undefined && command !== 'none')
    throw new HostError(
      resolved,
      'ssh_config reaches it by a ProxyCommand, which the command plugin cannot run; write it as ProxyJump, or forward a port of this machine to it',
    );
  const through = one('proxyjump');
  const tokens = { h: resolved.address, p: String(port), r: resolved.user, n: way.address };
  return {
    ...resolved,
    knownHostsFiles: files(said, tokens, 'userknownhostsfile', 'globalknownhostsfile'),
    keyAlias: one('hostkeyalias'),
    identities: (said.get('identityfile') ?? [])
      .filter((file) => file !== noKey && file !== 'none')
      .map((file) => expand(filled(file, tokens))),
    identitiesOnly: one('identitiesonly') === 'yes',
    identityAgent: agentOf(one('identityagent'), tokens),
    ...(through !== undefined && through !== 'none' && { jump: await jump(resolved, through) }),
  };
}

/** A jump host is as ssh_config says as well; it has no further one. */
async function resolveJump(way: Way, through: string): Promise<Target> {
  const [first = '', ...others] = through.split(',');
  const [, user, plain, bracketed, port] =
    /^(?:ssh:\/\/)?(?:(.+)@)?(?:([^[\]:]+)|\[(.+)\])(?::(\d+))?$/.exec(first) ?? [];
  const own: Way = {
    name: `${way.name}, jump host`,
    address: plain ?? bracketed ?? first,
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port: Number(port) }),
  };
  const tooMany = (list: string): HostError =>
    new HostError(
      way,
      `ssh_config reaches it through several jump hosts (ProxyJump ${list}), and the command plugin knows one; name one through which it can be reached`,
    );
  if (others.length > 0) throw tooMany(through);
  return await withJump(own, await ask(own), async (_, before) => {
    throw tooMany(`${before},${through}`);
  });
}

const agentOf = (given: string | undefined, tokens: Tokens): string | undefined => {
  if (given === undefined || given === 'SSH_AUTH_SOCK') return undefined;
  if (given === 'none') return given;
  const variable = /^\$\{?(\w+)\}?$/.exec(given)?.[1];
  return variable === undefined ? expand(filled(given, tokens)) : process.env[variable];
};

const files = (said: Answer, tokens: Tokens, ...keys: string[]): string[] | undefined => {
  const listed = keys.flatMap((key) => said.get(key)?.[0]?.split(' ') ?? []);
  const named = listed.filter((file) => file !== 'none' && file !== '');
  return named.length === 0 ? undefined : named.map((file) => expand(filled(file, tokens)));
};

type Tokens = Record<string, string>;

/** ssh leaves some of its tokens for when it opens a file. */
const filled = (text: string, tokens: Tokens): string =>
  text.replace(/%([%a-zA-Z])/g, (whole, token: string) =>
    token === '%'
      ? '%'
      : ({ ...tokens, d: homedir(), u: userInfo().username, i: String(userInfo().uid) }[token] ??
        whole),
  );

/** What `ssh -G` prints, by lower-case key; empty where there is nothing to ask, or nobody. */
async function ask(way: Way): Promise<Answer> {
  if (![ownFile(), systemFile].some((file) => existsSync(file))) return new Map();
  const directory = mkdtempSync(join(tmpdir(), 'keelson-ssh-'));
  try {
    const config = join(directory, 'config');
    writeFileSync(config, written(), { mode: 0o600 });
    const port = way.port === undefined ? [] : ['-p', String(way.port)];
    const user = way.user === undefined ? [] : ['-l', way.user];
    const said = await run(['-T', '-F', config, '-G', ...port, ...user, '--', way.address]);
    return parse(said);
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') return new Map();
    const cause = (stderr ?? '').trim().replace(/\s*\n\s*/g, '; ') || (error as Error).message;
    throw new HostError(way, `ssh_config cannot be read: ${cause}; mend it, as for ssh itself`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The first word that ssh finds wins, so that these at the end are defaults. */
const written = (): string => {
  const home = (file: string) => `"${join(homedir(), '.ssh', file)}"`;
  return [
    `Include ${home('config')}`,
    `Include ${systemFile}`,
    'Host *',
    `  User ${nobody}`,
    `  IdentityFile ${noKey}`,
    `  UserKnownHostsFile ${home('known_hosts')} ${home('known_hosts2')}`,
    '',
  ].join('\n');
};

const run = (args: readonly string[]): Promise<string> =>
  new Promise((done, failed) => {
    const child = execFile(
      'ssh',
      args,
      { timeout: 10_000, env: childEnvironment() },
      (error, stdout, stderr) => (error ? failed(Object.assign(error, { stderr })) : done(stdout)),
    );
    child.stdin?.end();
  });

/** @example parse('user bob\nidentityfile a\nidentityfile b\n').get('identityfile') // ['a', 'b'] */
function parse(said: string): Answer {
  const found = new Map<string, string[]>();
  for (const line of said.split('\n')) {
    const [, key, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return found;
}
