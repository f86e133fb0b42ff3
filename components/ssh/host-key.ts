/** Host keys that the program makes, for machines that get theirs before they boot. */
import { generateKeyPairSync } from 'node:crypto';
import { openssh } from './keys.ts';
import { counted } from './wire.ts';

export type HostKeyPair = {
  /** As in /etc/ssh/ssh_host_ed25519_key. */
  readonly privateKey: string;
  /** As in the `.pub` file beside it: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
};

/** Makes an Ed25519 host key, which no one else has. */
export function newHostKey(): HostKeyPair {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const own = Buffer.from(x, 'base64url');
  const blob = Buffer.concat([counted('ssh-ed25519'), counted(own)]);
  return {
    privateKey: openssh(Buffer.from(d, 'base64url'), own),
    publicKey: `ssh-ed25519 ${blob.toString('base64')}`,
  };
}
