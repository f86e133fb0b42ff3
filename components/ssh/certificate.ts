/** Host certificates (PROTOCOL.certkeys): which key an authority that is trusted calls a host's. */
import { createPublicKey, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import { counted, Reader } from './wire.ts';

export type Certificate = {
  /** The host's own key, as in known_hosts. */
  readonly key: string;
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly after: bigint;
  readonly before: bigint;
  /** The authority's key, as in known_hosts. */
  readonly authority: string;
};

/** How many numbers and strings a key of a kind consists of, after its name. */
const parts: Record<string, number> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
};

const ofHosts = 2;

/**
 * Reads a certificate of a host and holds it against its own signature; undefined for what is none.
 * Who signed it, for whom and for how long is for the caller to judge.
 */
export function readCertificate(blob: Buffer): Certificate | undefined {
  try {
    const reader = new Reader(blob);
    const kind = reader.string().toString();
    const plain = kind.replace(/-cert-v01@openssh\.com$/, '');
    if (plain === kind || parts[plain] === undefined) return undefined;
    reader.string(); // a nonce
    const key = Array.from({ length: parts[plain] }, () => reader.string());
    reader.uint64(); // its number
    if (reader.uint32() !== ofHosts) return undefined;
    reader.string(); // its name
    const principals = new Reader(reader.string()).strings().map(String);
    const [after, before] = [reader.uint64(), reader.uint64()];
    // Of critical options hosts have none, so one of them means what nobody here knows.
    if (reader.string().length > 0) return undefined;
    for (const _ of ['extensions', 'reserved']) reader.string();
    const authority = reader.string();
    const signed = blob.subarray(0, reader.position);
    if (!isSigned(signed, authority, reader.string())) return undefined;
    const own = Buffer.concat([Buffer.from(plain), ...key].map(counted));
    return { key: line(own), principals, after, before, authority: line(authority) };
  } catch {
    return undefined;
  }
}

const line = (blob: Buffer): string =>
  `${new Reader(blob).string().toString()} ${blob.toString('base64')}`;

const hashes: Record<string, string | null> = {
  'ssh-ed25519': null,
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

function isSigned(data: Buffer, authority: Buffer, signature: Buffer): boolean {
  const parsed = ssh2.utils.parseKey(authority);
  const reader = new Reader(signature);
  const kind = reader.string().toString();
  const hash = hashes[kind];
  // As OpenSSH: no SHA-1, and of a key only what is its own.
  if (parsed instanceof Error || hash === undefined) return false;
  if (parsed.type !== kind && !(parsed.type === 'ssh-rsa' && kind.startsWith('rsa-'))) return false;
  const value = reader.string();
  const key = createPublicKey(parsed.getPublicPEM());
  if (!kind.startsWith('ecdsa-')) return verify(hash, data, key, value);
  const size = { sha256: 32, sha384: 48, sha512: 66 }[hash as string] ?? 0;
  const numbers = new Reader(value).strings().map((it) => {
    const bare = it[0] === 0 ? it.subarray(1) : it;
    return Buffer.concat([Buffer.alloc(Math.max(0, size - bare.length)), bare]);
  });
  return verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat(numbers));
}
