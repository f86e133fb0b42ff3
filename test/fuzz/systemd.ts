/** How systemd reads an EnvironmentFile (src/basic/env-file.c), and which values it takes (src/basic/env-util.c). */

type State =
  | 'before'
  | 'key'
  | 'after'
  | 'bare'
  | 'bare-escape'
  | 'single'
  | 'double'
  | 'double-escape'
  | 'comment'
  | 'comment-escape';

/**
 * The variables of a file.
 * @throws for a value that systemd would leave out, and write to the journal.
 */
export function environmentOf(text: string): Record<string, string> {
  const found: [string, string][] = [];
  let state = 'before' as State;
  let key = '';
  let value = '';
  let blanks = -1;
  const end = (): void => {
    if (blanks >= 0) value = value.slice(0, blanks);
    found.push([key, checked(key, value)]);
    [key, value, blanks, state] = ['', '', -1, 'before'];
  };
  const add = (character: string, next: State): void => {
    value += character;
    state = next;
  };
  for (const c of text) {
    const ends = c === '\n' || c === '\r';
    const blank = ends || c === ' ' || c === '\t';
    switch (state) {
      case 'before':
        if (c === '#' || c === ';') state = 'comment';
        else if (!blank) [key, state] = [c, 'key'];
        break;
      case 'key':
        if (ends) [key, state] = ['', 'before'];
        else if (c === '=') state = 'after';
        else key += c;
        break;
      case 'after':
        if (ends) end();
        else if (c === "'") state = 'single';
        else if (c === '"') state = 'double';
        else if (c === '\\') state = 'bare-escape';
        else if (!blank) add(c, 'bare');
        break;
      case 'bare':
        if (ends) end();
        else if (c === '\\') [state, blanks] = ['bare-escape', -1];
        else {
          if (!blank) blanks = -1;
          else if (blanks < 0) blanks = value.length;
          value += c;
        }
        break;
      case 'bare-escape':
        add(ends ? '' : c, 'bare');
        break;
      case 'single':
        add(c === "'" ? '' : c, c === "'" ? 'after' : 'single');
        break;
      case 'double':
        if (c === '\\') state = 'double-escape';
        else add(c === '"' ? '' : c, c === '"' ? 'after' : 'double');
        break;
      case 'double-escape':
        add('"\\`$'.includes(c) ? c : c === '\n' ? '' : `\\${c}`, 'double');
        break;
      case 'comment':
        if (c === '\\') state = 'comment-escape';
        else if (ends) state = 'before';
        break;
      case 'comment-escape':
        state = 'comment';
    }
  }
  if (state !== 'before' && state !== 'comment') throw new Error(`ends within ${key}`);
  return Object.fromEntries(found);
}

function checked(key: string, value: string): string {
  if (/\p{Cs}|\p{Noncharacter_Code_Point}/u.test(value))
    throw new Error(`${key} is no UTF-8 to systemd`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what systemd does not take
  if (/[\x01-\x08\x0b-\x1f\x7f]/.test(value)) throw new Error(`${key} holds a control character`);
  if (Buffer.byteLength(`${key}=${value}`) >= 131072)
    throw new Error(`${key} is too long to start with`);
  return value;
}
