/**
 * Algorithms of sshd, by release of Debian: what ssh-audit neither fails nor warns of, in the order of the guide of
 * ssh-audit.com for Debian 12 (of 1 October 2024); for OpenSSH 10.0 with its own default in front.
 */

/** Bookworm has OpenSSH 9.2, trixie 10.0. */
type Release = { readonly version: string };

type List = { keyword: string; value: string; reason: string };

/**
 * Those of a session. Diffie-Hellman over integers is left out: a handshake costs the host much, and its client
 * nothing (CVE-2002-20001). Of each list the kit's own connections know something: see `offered` in
 * `components/ssh/refusals.ts`.
 */
export function sessionAlgorithms({ version }: Release): List[] {
  const hybrid = Number(version) < 13 ? [] : ['mlkem768x25519-sha256', 'sntrup761x25519-sha512'];
  return [
    {
      keyword: 'KexAlgorithms',
      value: [
        ...hybrid,
        'sntrup761x25519-sha512@openssh.com',
        'curve25519-sha256',
        'curve25519-sha256@libssh.org',
      ].join(','),
      reason: 'Safe against quantum computers where the client is.',
    },
    {
      keyword: 'Ciphers',
      value: 'aes256-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-gcm@openssh.com,aes128-ctr',
      reason: 'With ChaCha20 older clients are open to Terrapin (CVE-2023-48795).',
    },
    {
      keyword: 'MACs',
      value: 'hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com',
      reason: 'Of what is encrypted, and none of SHA-1 or of 64 bits.',
    },
  ];
}

/** From 3072 bits on, RSA is as strong as the rest (NIST SP 800-57 part 1, table 2). */
const enoughBits = 3072;

/**
 * Those of host keys, with their certificates: an authority may vouch for a host. NIST's curves are left out, as is
 * RSA where the host's shortest key is too short.
 * @example hostKeyAlgorithms({ rsaHostKey: 2048 }) // 'ssh-ed25519-cert-v01@openssh.com,ssh-ed25519'
 */
export function hostKeyAlgorithms({ rsaHostKey = 0 }: { rsaHostKey?: number | undefined }): string {
  const keys = [
    'ssh-ed25519',
    ...(rsaHostKey < enoughBits ? [] : ['rsa-sha2-512', 'rsa-sha2-256']),
  ];
  return [...keys.map((kind) => `${kind}-cert-v01@openssh.com`), ...keys].join(',');
}
