/** A conversation over TCP: what is sent, and what has to be in the answer. */
import { matching } from './matching.ts';

/** Whatever is not printable, written as `\xHH`. */
const escaped = (text: string): string =>
  text.replace(
    /[^ -~]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

/** What is sent: `PING\r\n`, with or without YAML's own escapes; becomes one line of printable ASCII. */
export const sent = matching(
  /^(?:[\0-[\]-\x7f]|\\[rnt0\\]|\\x[0-9a-fA-F]{2}){1,1000}$/,
  'cannot be sent; use ASCII, and \\r \\n \\t \\0 \\\\ \\xHH for other bytes, such as PING\\r\\n',
)
  .transform((text) =>
    escaped(text).replace(/\\(\\|0)/g, (all, it) => (it === '0' ? '\\x00' : all)),
  )
  .describe('What is sent, such as PING\\r\\n; \\xHH stands for any byte');

/** What must be in the answer, as it stands. */
export const expected = matching(
  /^[ -~]{1,200}$/,
  'cannot be looked for; use printable ASCII on one line, such as +PONG',
).describe('What must be in the answer, such as +PONG');

/** The two of them, for the schema of whoever is talked to. */
export const conversation = { send: sent.optional(), expect: expected.optional() };

/** What is sent without waiting for an answer proves nothing. */
export const unanswered = 'is sent, and no answer expected; add expect';

export const isAnswered = ({ send, expect }: { send?: unknown; expect?: unknown }): boolean =>
  send === undefined || expect !== undefined;
