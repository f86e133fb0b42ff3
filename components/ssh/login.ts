/** How the kit proves itself to a host: a private key in a file, or the SSH agent. */
import { existsSync } from 'node:fs';
import { type Identity, identitiesOf } from './agent.ts';
import { fingerprint, type PrivateKey, readKey } from './keys.ts';
import { HostError, type Target } from './target.ts';

/** What both connections log in with: one key, or all that an agent holds. */
export type Login =
  | { readonly key: PrivateKey; readonly setting: string }
  | { readonly agent: string; readonly isUsual: boolean; readonly identities: readonly Identity[] };

/** sshd hangs up after six keys that it does not know. */
const mostKeys = 6;

/** Kinds that the look can sign with, and the plugin as well. */
const usable = /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))$/;

/**
 * The ways to log in, in the order in which ssh tries them; the first that the host takes is the plugin's too.
 * @throws HostError when there is none.
 */
export async function logins(target: Target): Promise<readonly [Login, ...Login[]]> {
  const usual = process.env.SSH_AUTH_SOCK || undefined;
  if (target.privateKey) {
    await refuseDeadAgent(target, usual);
    return [{ key: readKey(target, target.privateKey), setting: 'privateKey' }];
  }
  const socket = target.identityAgent ?? usual;
  const agent = socket === 'none' ? undefined : socket;
  const identities = agent === undefined ? [] : await held(target, agent);
  const offered = identities.filter(({ kind }) => usable.test(kind));
  const named = (target.identities ?? []).filter((path) => existsSync(path));
  const key = keyOf(target, named, offered);
  const files: Login[] = key === undefined ? [] : [{ key, setting: 'IdentityFile' }];
  const isAlone = target.identitiesOnly || offered.length === 0 || offered.length >= mostKeys;
  if (files[0] && isAlone) {
    if (agent !== usual) await refuseDeadAgent(target, usual);
    return [files[0]];
  }
  if (agent === undefined)
    throw new HostError(
      target,
      'no SSH agent (SSH_AUTH_SOCK is not set); start one with `eval $(ssh-agent)` and `ssh-add`, or set privateKey',
    );
  if (offered.length === 0)
    throw new HostError(target, `the SSH agent (${agent}) ${lacking(identities)}`);
  return [{ agent, isUsual: agent === usual, identities }, ...files];
}

/** The key of ssh_config's; none where the agent offers it soon enough: what is there stays out of the state. */
function keyOf(
  target: Target,
  files: readonly string[],
  offered: readonly Identity[],
): PrivateKey | undefined {
  const soon = offered.slice(0, mostKeys - 1);
  let refused: unknown;
  for (const file of files)
    try {
      const key = readKey(target, file, 'IdentityFile');
      return soon.some(({ blob }) => blob.equals(key.blob)) ? undefined : key;
    } catch (error) {
      refused ??= error;
    }
  // Encrypted ones are what an agent is for.
  if (refused !== undefined && offered.length === 0) throw refused;
  return undefined;
}

async function held(target: Target, agent: string): Promise<Identity[]> {
  return await identitiesOf(agent).catch((error: Error) => {
    throw noAgent(target, agent, error, 'start one with `eval $(ssh-agent)` and `ssh-add`');
  });
}

/** The command plugin opens the agent that is named, also where it uses a key. */
async function refuseDeadAgent(target: Target, agent: string | undefined): Promise<void> {
  if (agent === undefined) return;
  await identitiesOf(agent).catch((error: Error) => {
    throw noAgent(
      target,
      agent,
      error,
      'the command plugin asks for it also where a key file is used: unset SSH_AUTH_SOCK, or start one',
    );
  });
}

const noAgent = (target: Target, agent: string, { message }: Error, remedy: string) =>
  new HostError(target, `the SSH agent (${agent}) cannot be asked: ${message}; ${remedy}`);

function lacking(identities: readonly Identity[]): string {
  if (identities.length === 0) return 'holds no key; put one in with `ssh-add`';
  const kinds = [...new Set(identities.map(({ kind }) => kind))].join(', ');
  return `holds only keys of kinds that cannot be used here (${kinds}); put in a key of the kind ed25519, ecdsa or rsa`;
}

/** What to do about a login that the host refused. */
export function refusedLogin({ user }: Target, login: Login): string {
  const home = `~${user}/.ssh/authorized_keys`;
  if ('key' in login) {
    const { path, blob } = login.key;
    const beside = existsSync(`${path}-cert.pub`)
      ? ` (its certificate ${path}-cert.pub cannot be used here)`
      : '';
    return `it refused ${login.setting} ${path} (${fingerprint(blob)})${beside}; is its public key in ${home}?`;
  }
  const certificates = login.identities.filter(({ kind }) => kind.includes('-cert-'));
  const keys = login.identities.length - certificates.length;
  const beside =
    certificates.length === 0
      ? ''
      : '; certificates of users, of which the agent holds some, cannot be used here';
  return `it refused ${keys === 1 ? 'the key' : `the ${keys} keys`} of the SSH agent; is the public key in ${home}, and the private one in the agent (ssh-add -l)?${beside}`;
}
