/** Where a host is, and the error that names it. */
import { plain } from '../lib/plain.ts';

/** Where a host is and how it proves itself. */
export type Target = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** `ssh-ed25519 AAAA…`; else the key is looked up in `knownHosts`. */
  readonly hostKey?: string | undefined;
  /** Path of a known_hosts file; default `~/.ssh/known_hosts`. */
  readonly knownHosts?: string | undefined;
  /** Path of a private key; default: the SSH agent. */
  readonly privateKey?: string | undefined;
};

/** A host that cannot be looked at: its message names host, address and cause. */
export class HostError extends Error {
  constructor(target: Target, cause: string) {
    const where = `${target.user}@${target.address}:${target.port}`;
    // The cause may have words of the host's.
    super(`server ${target.name} (${where}): ${plain(cause)}`);
    this.name = 'HostError';
  }
}
