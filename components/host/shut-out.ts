/** Whether who looks at a host would come in once more when what is wanted of its sshd holds. */
import { HostError, type Reached } from '../ssh/connection.ts';
import { compare } from '../ssh/known-hosts.ts';
import type { Manifest } from './manifest.ts';

/** What is wanted of a keyword of sshd_config; undefined where nothing is. */
export const wantedOfSshd = (manifests: readonly Manifest[], keyword: string): string | undefined =>
  manifests
    .flatMap(({ items }) => items)
    .find(({ kind, name }) => kind === 'sshd' && name === keyword)?.state.value;

/**
 * What the connection itself has shown is held against what sshd is to say: by which keys the host is known here, and
 * after how many others it took ours.
 * @throws HostError with the remedy, before anything is changed.
 */
export function refuseShutOut(reached: Reached | undefined, manifests: readonly Manifest[]): void {
  if (reached === undefined) return;
  const { target, known, refusals } = reached;
  const shown = wantedOfSshd(manifests, 'HostKeyAlgorithms')?.split(',');
  const kinds = [...new Set(known.map((key) => key.split(' ')[0] ?? ''))];
  if (shown && !kinds.some((kind) => shown.includes(algorithmOf(kind))))
    throw new HostError(
      target,
      `it is known here by a host key alone that sshd would show no more (${kinds.join(', ')}); ${compare(target, '-t ed25519 ')}; where it has none: ssh-keygen -A on the host. Or sshd: false for this server`,
    );
  const tries = Number(wantedOfSshd(manifests, 'MaxAuthTries') ?? Number.POSITIVE_INFINITY);
  if (refusals >= tries)
    throw new HostError(
      target,
      `it took a key after ${refusals} others of the agent, and sshd would hang up at ${tries} (MaxAuthTries); name the right one as privateKey, or take some out of the agent (ssh-add -d). Or sshd: false for this server`,
    );
}

/** An RSA key signs with SHA-2 alone. */
const algorithmOf = (kind: string): string => (kind === 'ssh-rsa' ? 'rsa-sha2-512' : kind);
