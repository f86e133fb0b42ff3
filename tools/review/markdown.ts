/** Markdown in which text that others wrote stays text. */
import { plain } from '../../components/lib/plain.ts';

const longestLine = 500;

/** Of what is folded. */
export const mostLines = 400;

/** Lines as a block of code: nothing in it is markup, a link or a mention. */
export function block(lines: readonly string[], language = ''): string {
  const text = lines.map((line) => short(plain(line))).join('\n');
  const runs = [...text.matchAll(/`+/g)].map(([run]) => run.length);
  const fence = '`'.repeat(Math.max(3, ...runs.map((length) => length + 1)));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A block of so many lines at most. */
export function listed(lines: readonly string[], most: number, language = ''): string {
  if (lines.length <= most) return block(lines, language);
  return block([...lines.slice(0, most - 1), `… and ${lines.length - most + 1} more`], language);
}

const short = (line: string): string =>
  line.length > longestLine ? `${line.slice(0, longestLine)} …` : line;

/** A name within a line of markup: what could be markup in it is `?`. */
export const word = (name: string): string => name.replace(/[^\p{L}\p{N}.-]/gu, '?').slice(0, 100);

/** What is shown when somebody opens it. */
export const folded = (title: string, body: string): string =>
  `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;

/** `1 change`, `2 changes`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;
