/** Keys of hosts that an authority vouches for (`@cert-authority` in known_hosts). */
import { execFile } from 'node:child_process';
import { childEnvironment } from '../lib/child-environment.ts';
import { readCertificate } from './certificate.ts';
import { compare, fits, type HostKey, type Known, listed } from './known-hosts.ts';
import { HostError, type Target } from './target.ts';

/**
 * The keys that an authority calls the host's, by the certificates that it shows.
 * @throws HostError when it has none that counts.
 */
export async function certified(
  target: Target,
  { authorities, revoked }: Known,
): Promise<HostKey[]> {
  if (target.jump)
    throw new HostError(
      target,
      `its key is known by an authority alone (@cert-authority), whose word cannot be asked for through a jump host; ${compare(target)}`,
    );
  const now = BigInt(Math.floor(Date.now() / 1000));
  const shown = await certificates(target);
  const counts = shown.filter(
    ({ authority, key, principals, after, before }) =>
      authorities.includes(authority) &&
      !revoked.includes(key) &&
      principals.some((pattern) => fits([pattern], target.keyAlias ?? target.address)) &&
      after <= now &&
      now < before,
  );
  if (counts.length > 0) return counts.map(({ key }) => key);
  throw new HostError(
    target,
    `it shows no certificate of the authority that is known of it (@cert-authority in ${listed(target).join(', ')}) that holds for its name and now; sign its key anew (ssh-keygen -s CA -h -n ${target.address}), or ${compare(target)}`,
  );
}

/** ssh2 knows no certificates; that this is the host's key its own connection makes sure of. */
async function certificates({ address, port }: Target) {
  const args = ['-c', '-T', '10', '-p', String(port), '-t', 'ed25519,ecdsa', '--', address];
  const said = await new Promise<string>((done) =>
    execFile('ssh-keyscan', args, { env: childEnvironment() }, (_error, stdout) => done(stdout)),
  );
  // With the host's name in front, or without it.
  const shown = [...said.matchAll(/^(?!#).*-cert-v01@openssh\.com ([A-Za-z0-9+/=]+)/gm)];
  return shown.flatMap(([, text = '']) => readCertificate(Buffer.from(text, 'base64')) ?? []);
}
