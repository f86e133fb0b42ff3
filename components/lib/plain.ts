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
