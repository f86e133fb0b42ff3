/** sha512-crypt, the `$6$` of crypt(3), which nginx hands a password to: Node.js has none of its own. */
import { hash } from 'node:crypto';

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** What crypt(3) does where it is not told how often. */
const rounds = 5000;

const sha512 = (...parts: readonly Uint8Array[]): Buffer =>
  hash('sha512', Buffer.concat(parts), 'buffer');

/** As many bytes of it, again and again. */
const stretched = (bytes: Buffer, length: number): Buffer => Buffer.alloc(length, bytes);

/**
 * The hash of a password, as `openssl passwd -6 -salt SALT` prints it.
 * @param salt up to 16 characters of `./0-9A-Za-z`.
 * @see https://www.akkadia.org/drepper/SHA-crypt.txt
 * @example sha512Crypt('secret', 'saltsalt') // $6$saltsalt$…
 */
export function sha512Crypt(password: string, salt: string): string {
  const key = Buffer.from(password);
  const grain = Buffer.from(salt.slice(0, 16));
  let digest = firstDigest(key, grain);
  const keys = stretched(sha512(...Array<Buffer>(key.length).fill(key)), key.length);
  const grains = stretched(
    sha512(...Array<Buffer>(16 + (digest[0] ?? 0)).fill(grain)),
    grain.length,
  );
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    digest = sha512(
      odd ? keys : digest,
      ...(round % 3 === 0 ? [] : [grains]),
      ...(round % 7 === 0 ? [] : [keys]),
      odd ? digest : keys,
    );
  }
  return `$6$${grain}$${encoded(digest)}`;
}

function firstDigest(key: Buffer, grain: Buffer): Buffer {
  const other = sha512(key, grain, key);
  const bits: Buffer[] = [];
  for (let length = key.length; length > 0; length >>= 1) bits.push(length & 1 ? other : key);
  return sha512(key, grain, stretched(other, key.length), ...bits);
}

/** Three bytes are four characters, in an order of its own. */
function encoded(digest: Buffer): string {
  const byte = (at: number): number => digest[at] ?? 0;
  const groups = Array.from({ length: 21 }, (_, index) => {
    const places = [index, index + 21, index + 42];
    const [a = 0, b = 0, c = 0] = [0, 1, 2].map((turn) => places[(index + turn) % 3]);
    return characters((byte(a) << 16) | (byte(b) << 8) | byte(c), 4);
  });
  return groups.join('') + characters(byte(63), 2);
}

const characters = (value: number, count: number): string =>
  Array.from({ length: count }, (_, index) => alphabet[(value >> (6 * index)) & 63]).join('');
