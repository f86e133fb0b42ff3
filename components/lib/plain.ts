/**
 * Text that others wrote, made fit for a terminal and Pulumi's messages: what an app calls its files, or prints, is its
 * own affair. `files/host/plain.sh` says the same of what the host logs and tells.
 */

/** Control characters, what hides or turns around what follows it, separators of lines, halves of characters. */
const hidden =
  /(?![\n\t])[\p{Cc}\p{Cs}\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFC\uFFFE\uFFFF\u{E0000}-\u{E007F}]/gu;

const shown = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

/**
 * Text in which nothing is hidden; line breaks and tabs stay.
 * @example plain('\x1b[2J') // '\\x1b[2J'
 */
export const plain = (text: string): string => text.replace(hidden, shown);

/** A name in a message: in quotes where it could not be told from the words around it. */
export const named = (name: string): string =>
  /^(?=.*[\p{L}\p{N}])[^\s"\p{C}\u2028\u2029\uFFFD]+$/u.test(name) ? name : JSON.stringify(name);

/** A name of bytes that are no UTF-8, as Latin-1, which most of them are; in quotes. */
export const latin = (bytes: Buffer): string =>
  JSON.stringify(bytes.toString('latin1').replace(/\0.*$/s, ''));

/** What is wrong with such a name. */
export const noText = (shown: string): string =>
  `${shown} has a name that is no UTF-8; rename it, such as with convmv -f latin1 -t utf8 -r --notest`;
