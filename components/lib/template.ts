/** Templates: the files in `files/` that are rendered, with Mustache in its strict form. */
import { readFileSync } from 'node:fs';
import mustache from 'mustache';

/** A view that fails on a name it does not hold, where Mustache would print nothing. */
class StrictView extends mustache.Context {
  override push(view: unknown): StrictView {
    return new StrictView(view, this);
  }

  override lookup(name: string): unknown {
    const value = super.lookup(name);
    if (value === undefined) throw new Error(`{{${name}}} has no value`);
    return value;
  }
}

/** `{{name}}` prints one line's worth; only `{{{name}}}` may bring line breaks along. */
function oneLine(value: unknown): string {
  const text = String(value);
  if (/\p{Cc}/u.test(text)) throw new Error(`${JSON.stringify(text)} holds a control character`);
  return text;
}

const source = (name: string): string =>
  readFileSync(new URL(`../../files/${name}.mustache`, import.meta.url), 'utf8');

/**
 * Renders `files/<name>.mustache`; `{{> app/sandbox}}` in it brings in another of them.
 *
 * @throws naming the template when a name has no value or a value would break its line.
 * @example template('server/journald.conf', { size: '512M' })
 */
export function template(name: string, view: Record<string, unknown>): string {
  try {
    return mustache.render(source(name), new StrictView(view), source, { escape: oneLine });
  } catch (error) {
    throw new Error(`files/${name}.mustache: ${(error as Error).message}`, { cause: error });
  }
}
