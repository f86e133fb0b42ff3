/** Certificates and keys in PEM: what is wrong with a pair before a server is given it. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

const one = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A certificate with those that follow it, its key unless nobody may see it, and the names that it must be for. */
export type Pair = {
  readonly certificate: string;
  readonly key?: string | undefined;
  readonly names: readonly string[];
};

/** What is wrong, each with its remedy, after `certificate` or `key`. */
export type PairProblem = { readonly at: 'certificate' | 'key'; readonly text: string };

/**
 * What a server could not serve, or no browser would take: an end that has passed, names that are missing, a chain in
 * disorder, a key of another certificate.
 *
 * @example pairProblems({ certificate, key, names: ['shop.example.com'] }, new Date()) // []
 */
export function pairProblems({ certificate, key, names }: Pair, now: Date): PairProblem[] {
  const chain = chainOf(certificate);
  const [leaf] = chain ?? [];
  const of = (at: PairProblem['at']) => (text: string) => ({ at, text });
  if (!chain || !leaf)
    return [
      of('certificate')(
        'holds no certificate in PEM; give the file that begins with -----BEGIN CERTIFICATE-----',
      ),
    ];
  return [
    ...[...timeProblems(leaf, now), ...nameProblems(leaf, names), ...chainProblems(chain)].map(
      of('certificate'),
    ),
    ...(key === undefined ? [] : keyProblems(leaf, key).map(of('key'))),
  ];
}

function chainOf(text: string): X509Certificate[] | undefined {
  try {
    return (text.match(one) ?? []).map((part) => new X509Certificate(part));
  } catch {
    return undefined;
  }
}

const day = (date: Date): string => date.toISOString().slice(0, 10);

function timeProblems({ validFromDate, validToDate }: X509Certificate, now: Date): string[] {
  if (validToDate <= now) return [`has ended on ${day(validToDate)}; get a new one`];
  return validFromDate > now
    ? [
        `begins only on ${day(validFromDate)}; wait until then, or set the clock of this machine, which says ${day(now)}`,
      ]
    : [];
}

function nameProblems(leaf: X509Certificate, names: readonly string[]): string[] {
  const missing = names.filter((name) => !isFor(leaf, name));
  if (missing.length === 0) return [];
  const has = leaf.subjectAltName?.replace(/(?:DNS|IP Address):/g, '') ?? 'no name at all';
  return [
    `is not for ${missing.join(', ')}, but for ${has}; get one for all of domains and redirectFrom`,
  ];
}

/** Browsers look at subjectAltName alone. A wildcard is one for a wildcard, which covers one label. */
function isFor(leaf: X509Certificate, name: string): boolean {
  if (/^[0-9.]+$/.test(name)) return leaf.checkIP(name) !== undefined;
  const asked = name.replace(/^\*\./, 'any-name-below.');
  return leaf.checkHost(asked, { subject: 'never', partialWildcards: false }) !== undefined;
}

function chainProblems(chain: readonly X509Certificate[]): string[] {
  const at = chain.findIndex((one, index) => {
    const next = chain[index + 1];
    return next !== undefined && !(one.checkIssued(next) && one.verify(next.publicKey));
  });
  return at < 0
    ? []
    : [
        `holds ${at + 2} certificates, of which number ${at + 2} has not signed number ${at + 1}; put yours first, and after each one the one that signed it`,
      ];
}

function keyProblems(leaf: X509Certificate, text: string): string[] {
  const key = keyOf(text);
  if (typeof key === 'string') return [key];
  if (!leaf.checkPrivateKey(key))
    return ['does not fit the certificate; give the key that it was made with'];
  const bits = key.asymmetricKeyDetails?.modulusLength;
  return bits !== undefined && bits < 2048
    ? [
        `has ${bits} bits, which Debian’s OpenSSL refuses; get a certificate for one of 2048 or more`,
      ]
    : [];
}

/** What is wrong in its place, never with a part of it. */
function keyOf(text: string): KeyObject | string {
  if (/^(?:-----BEGIN |Proc-Type:.*)ENCRYPTED/m.test(text))
    return 'has a password, for which nginx would ask at each start; take it off with openssl pkey';
  try {
    return createPrivateKey(text);
  } catch {
    return 'holds no private key in PEM; give the file that begins with -----BEGIN PRIVATE KEY-----';
  }
}
