/** What docs/operating.md says that operators read, for the tests that make them read it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const page = 'docs/operating.md';

/** The messages of each trouble, by its heading: what is set in, with `…` for what differs. */
export function troubles(): Map<string, string[]> {
  const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8');
  const sections = text.split(/^#+ /m).map((section) => {
    const [title = '', ...lines] = section.split('\n');
    const messages = lines
      .map((line) => (line.startsWith('    ') ? line.slice(4) : ''))
      .join('\n')
      .split('\n\n')
      .map((message) => message.trim())
      .filter((message) => message !== '' && !isCommand(message));
    return [title, messages] as const;
  });
  return new Map(sections.filter(([, messages]) => messages.length > 0));
}

/** What people are to type, and not to read. */
const isCommand = (text: string): boolean => /^(?:pulumi|npm|ssh|ps) /.test(text);

/** The first message of a trouble, or another, as words that a run must say. */
export function documented(title: string, which = 0): RegExp {
  const message = troubles().get(title)?.[which];
  assert.ok(message, `${page} has no message ${which} under "${title}"`);
  // The events that tests follow have it beside the message.
  const words = message.replace(/^(?:error|warning): /, '');
  const parts = words.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.*?'));
}
