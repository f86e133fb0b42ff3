/** What it means when a connection does not come about, and what to do then. */
import { type Login, refusedLogin } from './login.ts';
import type { Target } from './target.ts';

export type Refusal = Error & { level?: string; code?: string };

/** How far an attempt came. */
export type Attempt = {
  /** Whether somebody answered at the port. */
  isConnected: boolean;
  /** What was said before SSH was spoken. */
  greeting: string;
  /** The logins that were tried. */
  tried: readonly Login[];
  /** What the host would take of logins, as it said last. */
  methods: readonly string[];
  /** How many keys it refused. */
  refusals: number;
  /** Whether it took the key, and wanted more. */
  isPartial: boolean;
};

/** A host whose new connections are limited refuses them, or hangs up before it says what it is. */
export function isLimit(error: Refusal, { isConnected, tried }: Attempt): boolean {
  if (tried.length > 0) return false;
  if (error.code === 'ECONNREFUSED') return true;
  return isConnected && error.level !== 'handshake';
}

const limits = 'ufw’s limit, fail2ban, or MaxStartups and PerSourcePenalties of sshd';

/**
 * Whether it may only be that the machine boots: nobody answers yet, sshd does not, or lets no user in (pam_nologin).
 * Another name, key or login is wrong however long it boots.
 */
export const isBooting = ({ code, level }: Refusal): boolean =>
  !['client-authentication', 'agent', 'handshake'].includes(level ?? '') &&
  !['ENOTFOUND', 'EAI_AGAIN'].includes(code ?? '');

/** What to do about an error that ended the attempt to connect. */
export function remedy(error: Refusal, target: Target, attempt: Attempt): string {
  // sshd counts each key that an agent offers, and hangs up after six.
  if (/too many authentication failures/i.test(error.message))
    return 'it hung up after too many keys that it does not know; take some out of the agent (ssh-add -d), or name the right one as privateKey';
  if (error.level === 'agent')
    return `the SSH agent did not sign: ${error.message}; is it locked (ssh-add -X), or does it ask somewhere?`;
  if (error.level === 'client-authentication') return refused(target, attempt);
  if (error.level === 'handshake')
    return `${error.message}; the command plugin and this program offer ${offers}`;
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
    return `cannot be reached: the name ${target.address} is not known here; check address, and Host in ssh_config`;
  const said = attempt.greeting.trim();
  const { user } = target;
  if (attempt.tried.length > 0 && attempt.isConnected && !error.level)
    return `it hangs up at the login of ${user}${said && ` (it said: ${said})`}, as where the account is closed; on the host \`chage -l ${user}\` says whether it has expired, and \`journalctl -u ssh\` why else`;
  // ssh2 has words of its own for when it is told; some of them name no cause.
  const hangsUp =
    attempt.isConnected && /^it hung up$|before handshake|ECONNRESET/.test(error.message);
  const words = hangsUp ? 'it hangs up at once' : error.message || error.code;
  const cause = `${words}${said && ` (it said: ${said})`}`;
  return isLimit(error, attempt)
    ? `cannot be reached: ${cause}; check address, port and firewall. Where the rate of SSH connections is limited (${limits}), wait some minutes and run it again: it goes on where it ended`
    : `cannot be reached: ${cause}; check address, port and firewall`;
}

function refused(target: Target, { tried, methods, isPartial }: Attempt): string {
  const only = `for ${target.user}: Match User ${target.user}, AuthenticationMethods publickey`;
  if (isPartial)
    return `it took the key and wants ${methods.join(' or ')} as well, which the command plugin cannot answer; ask for a key alone in its sshd_config, ${only}`;
  if (methods.length > 0 && !methods.includes('publickey'))
    return `it takes no keys of ${target.user} (only ${methods.join(', ')}); allow them in its sshd_config: PubkeyAuthentication yes`;
  return tried.map((login) => refusedLogin(target, login)).join('; ');
}

/**
 * What the look offers, and the command plugin (golang.org/x/crypto) as well: a host that has none of it is refused
 * before anything is changed.
 */
export const offered = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
    'hmac-sha1',
  ],
} as const;

const offers = Object.values(offered)
  .map((names) => names.join(' '))
  .join(', ');

/** Why a shell that never came to the script ended: the account, rather than the script. */
export function closedAccount({ user }: Target, said: string): string | undefined {
  if (/password (?:has )?expired|password change required/i.test(said))
    return `the password of ${user} has expired, and sshd asks for a new one first; on the host: passwd ${user}, or chage -M -1 -d -1 ${user}`;
  if (/account (?:has )?expired/i.test(said))
    return `the account ${user} has expired; on the host: chage -E -1 ${user}`;
  if (/not (?:currently )?available|nologin/i.test(said) || said.trim() === '')
    return `the shell of ${user} lets nobody in${said.trim() && ` (it said: ${said.trim()})`}; on the host: usermod -s /bin/sh ${user}`;
  return undefined;
}

/** Why sudo did not run anything. */
export function closedSudo({ user }: Target, code: number, stderr: string): string | undefined {
  if (/password is required/.test(stderr))
    return `${user} may not use sudo without a password; add "${user} ALL=(ALL) NOPASSWD: ALL" with visudo, or log in as root`;
  if (/must have a tty/.test(stderr))
    return `sudo wants a terminal of ${user}; add "Defaults:${user} !requiretty" with visudo`;
  if (code === 127 && /sudo.*not found/.test(stderr))
    return `there is no sudo for ${user}; install it, or log in as root`;
  return undefined;
}
