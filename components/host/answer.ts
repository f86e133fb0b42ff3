/** The look's answer, as `files/host/look.sh` prints it. */
import type { Texts } from './preview.ts';
import { parseRow, type Row } from './rows.ts';

/** What the host says of one manifest. */
export type Judged = {
  readonly name: string;
  /** `gone`: the host has applied it, and the program names it no more. */
  readonly verdict: 'due' | 'applied' | 'gone';
  readonly rows: readonly Row[];
  /** What is in another one from now on, as lines for its header. */
  readonly moves?: readonly string[];
};

export type Answer = {
  readonly manifests: readonly Judged[];
  readonly texts: ReadonlyMap<string, Texts>;
};

const verdicts: readonly string[] = ['due', 'applied', 'gone'];

/**
 * Reads an answer to its end.
 * @throws when it breaks off, or holds anything that is not of an answer.
 */
export function parseAnswer(output: string): Answer {
  const manifests: Array<Open> = [];
  const texts = new Map<string, { found?: string; applied?: string }>();
  let append: ((line: string) => void) | undefined;
  let isWhole = false;
  for (const line of output.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('|') && append) append(line.slice(1));
    else if (line === 'end') isWhole = true;
    else if (line.startsWith('text\t')) append = collect(texts, line);
    else if (line.startsWith('manifest\t')) manifests.push(parseManifest(line));
    else {
      const last = manifests.at(-1);
      if (!last) throw new Error(`the host answered a row of no manifest: ${JSON.stringify(line)}`);
      if (line.startsWith('moves\t')) last.moves.push(line);
      else last.rows.push(parseRow(line));
    }
  }
  if (!isWhole) throw new Error('the look at this host broke off');
  return { manifests, texts };
}

type Open = Judged & { rows: Row[]; moves: string[] };

function parseManifest(line: string): Open {
  const [, name = '', verdict = ''] = line.split('\t');
  if (!verdicts.includes(verdict))
    throw new Error(`the host answered what is no verdict: ${JSON.stringify(line)}`);
  return { name, verdict: verdict as Judged['verdict'], rows: [], moves: [] };
}

function collect(texts: Map<string, { found?: string; applied?: string }>, line: string) {
  const [, path = '', which = ''] = line.split('\t');
  const text = texts.get(path) ?? {};
  texts.set(path, text);
  const key = which === 'applied' ? 'applied' : 'found';
  text[key] = '';
  return (more: string): void => {
    text[key] += `${more}\n`;
  };
}
