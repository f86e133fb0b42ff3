/** Where a host is, and the error that names it. */
import { plain } from '../lib/plain.ts';

/** What a stack file or a program says of the way to a host. */
export type Way = {
  readonly name: string;
  readonly address: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** `ssh-ed25519 AAAA…`; else the key is looked up in `knownHosts`. */
  readonly hostKey?: string | undefined;
  /** Path of a known_hosts file; default: those that ssh reads. */
  readonly knownHosts?: string | undefined;
  /** Path of a private key; default: as ssh_config says, else the SSH agent. */
  readonly privateKey?: string | undefined;
};

/** Where a host is and how it proves itself, with what ssh_config adds to it. */
export type Target = Way & {
  readonly port: number;
  readonly user: string;
  /** Files of known keys that ssh would read. */
  readonly knownHostsFiles?: readonly string[] | undefined;
  /** The name under which known_hosts has it (HostKeyAlias); default: its address. */
  readonly keyAlias?: string | undefined;
  /** Key files that ssh_config names. */
  readonly identities?: readonly string[] | undefined;
  /** Whether nothing else is to be tried. */
  readonly identitiesOnly?: boolean | undefined;
  /** Socket of the agent that ssh_config names; default: that of SSH_AUTH_SOCK. `none`: no agent. */
  readonly identityAgent?: string | undefined;
  /** The host through which it is reached (ProxyJump). */
  readonly jump?: Target | undefined;
};

/** A host that cannot be looked at: its message names host, address and cause. */
export class HostError extends Error {
  constructor(target: Way, cause: string) {
    const { user, address, port } = target;
    const where = `${user === undefined ? '' : `${user}@`}${address}:${port ?? 22}`;
    // The cause may have words of the host's.
    super(`server ${target.name} (${where}): ${plain(cause)}`);
    this.name = 'HostError';
  }
}
