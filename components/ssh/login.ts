/** How the kit proves itself to a host: a private key in a file, or the SSH agent. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import ssh2, { type ConnectConfig } from 'ssh2';
import { HostError, type Target } from './target.ts';

/** @throws HostError when there is nothing to log in with. */
export function login(target: Target): Pick<ConnectConfig, 'privateKey' | 'agent'> {
  if (target.privateKey) return { privateKey: readKey(target, target.privateKey) };
  const agent = process.env.SSH_AUTH_SOCK;
  if (agent) return { agent };
  throw new HostError(
    target,
    'no SSH agent (SSH_AUTH_SOCK is not set); start one with `eval $(ssh-agent)` and `ssh-add`, or set privateKey',
  );
}

/**
 * The text of a private key file.
 * @throws HostError when it cannot be used without a question.
 */
export function readKey(target: Target, path: string): string {
  const text = existsSync(expand(path)) ? readFileSync(expand(path), 'utf8') : '';
  const key = ssh2.utils.parseKey(text);
  if (!(key instanceof Error)) return text;
  const cause = text === '' ? 'there is no such file' : key.message;
  throw new HostError(
    target,
    `privateKey ${path} cannot be used (${cause}); name an unencrypted private key, or leave it out and use the SSH agent`,
  );
}

/** A path of this machine, in which `~/` is the home directory. */
export const expand = (path: string): string => resolve(path.replace(/^~(?=\/)/, homedir()));
