/** Private keys, in one form: the same key is the same text, whoever keeps it in whatever file. */
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import { expand } from './config.ts';
import { readText } from './files.ts';
import { HostError, type Target } from './target.ts';
import { counted } from './wire.ts';

export type PrivateKey = {
  readonly path: string;
  /** As both connections read it. */
  readonly text: string;
  /** The public key, as in the agent and in authorized_keys. */
  readonly blob: Buffer;
};

/** As `ssh-keygen -l` prints it. */
export const fingerprint = (blob: Buffer): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

/**
 * The private key in a file.
 * @throws HostError when it cannot be used without a question.
 */
export function readKey(target: Target, path: string, setting = 'privateKey'): PrivateKey {
  const found = readText(expand(path));
  const refuse = (cause: string, remedy: string) =>
    new HostError(target, `${setting} ${path} cannot be used: ${cause}; ${remedy}`);
  const instead = 'name an unencrypted private key, or leave it out and use the SSH agent';
  if ('why' in found) throw refuse(found.why, instead);
  const parsed = parseKey(found.text);
  if (parsed === 'encrypted')
    throw refuse('it is encrypted', `put it into the agent (ssh-add ${path}) and leave it out`);
  if (parsed === 'public') {
    const own = path.replace(/\.pub$/, '');
    throw refuse(
      'it is a public key',
      own === path ? instead : `name the private one beside it, ${own}`,
    );
  }
  if (parsed === undefined) throw refuse('it is no private key that OpenSSH knows', instead);
  const text = canonical(parsed);
  const known = text === undefined ? undefined : ssh2.utils.parseKey(text);
  if (text === undefined || known === undefined || known instanceof Error)
    throw refuse(
      `it is of a kind that the command plugin does not know (${parsed.asymmetricKeyType})`,
      instead,
    );
  return { path, text, blob: known.getPublicSSH() };
}

/** OpenSSH's own form, PEM and PKCS #8, PuTTY's. */
function parseKey(text: string): KeyObject | 'encrypted' | 'public' | undefined {
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text)) return 'encrypted';
  try {
    const first = [ssh2.utils.parseKey(text)].flat()[0];
    if (first instanceof Error && /encrypted|passphrase/i.test(first.message)) return 'encrypted';
    if (first && !(first instanceof Error))
      return first.isPrivateKey() ? createPrivateKey(first.getPrivatePEM()) : 'public';
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

/** Without what differs from file to file: blank lines, comments, random filling. */
function canonical(key: KeyObject): string | undefined {
  const pem = (type: 'pkcs1' | 'sec1') => key.export({ type, format: 'pem' }).toString();
  if (key.asymmetricKeyType === 'rsa') return pem('pkcs1');
  if (key.asymmetricKeyType === 'ec') return pem('sec1');
  if (key.asymmetricKeyType !== 'ed25519') return undefined;
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  return openssh(Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url'));
}

/** OpenSSH's form of an Ed25519 key (PROTOCOL.key), the only one in which both know it. */
export function openssh(seed: Buffer, own: Buffer): string {
  const kind = counted('ssh-ed25519');
  const check = Buffer.alloc(8); // Two equal numbers, which tell whether it was decrypted.
  const secret = [check, kind, counted(own), counted(Buffer.concat([seed, own])), counted('')];
  const length = Buffer.concat(secret).length;
  const filling = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, at) => at + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[counted('none'), counted('none'), counted(''), Buffer.from([0, 0, 0, 1])],
    counted(Buffer.concat([kind, counted(own)])),
    counted(Buffer.concat([...secret, filling])),
  ]);
  const lines = body.toString('base64').replace(/.{70}/g, '$&\n').trimEnd();
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
