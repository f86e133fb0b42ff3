/**
 * The shape of a file as the program that reads it sees it: how many statements, of which names, with how many words
 * each, and what lies in what. A value may change a word; it may never change the shape.
 */

/** Which language a path is written in; of what is read by nobody but people, or letter by letter, none. */
export function languageOf(path: string): keyof typeof languages | undefined {
  if (/^\/etc\/nginx\/|\.nft$/.test(path)) return 'braces';
  if (/^\/etc\/logrotate|^\/etc\/keelson\/logrotate\.d\/[^/]+$/.test(path)) return 'lines';
  if (/^\/etc\/systemd\/.*\.(service|socket|timer|target|mount|path|conf)$/.test(path))
    return 'units';
  if (/^\/etc\/monit\/.*\.health$/.test(path)) return 'fields';
  if (/^\/etc\/(monit\/.*(conf|monitrc)|sudoers|keelson\/sudoers|sysctl|ssh\/)/.test(path))
    return 'lines';
  return undefined;
}

/** As nginx reads (ngx_conf_read_token), and nft: words, `;`, `{` and `}`. */
function braces(text: string): string[] {
  const shape: string[] = [];
  let words: string[] = [];
  const end = (mark: string): void => {
    if (words.length > 0 || mark !== ';') shape.push(`${words[0] ?? ''}/${words.length}${mark}`);
    words = [];
  };
  const token =
    /\s+|#[^\n]*|"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'|[;{}]|(?:\\[\s\S]|\$\{[^}]*\}|[^\s;{}\\])+|[\s\S]/g;
  for (const [found, double, single] of text.matchAll(token)) {
    if (/^[\s#]/.test(found)) continue;
    if (/^[;{}]$/.test(found)) end(found);
    else words.push(double ?? single ?? found);
  }
  end(';');
  return shape;
}

/** Sections, and keys in them; of what is run also how many words there are (systemd.service(5), "Command lines"). */
function units(text: string): string[] {
  const joined = text.replace(/^[#;].*\n/gm, '').replace(/\\\n/g, ' ');
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, key = '', value = ''] = /^\s*([^=\s]+)\s*=(.*)$/.exec(line) ?? ['', line];
      return /^(Exec|Environment)/.test(key) ? `${key}=${words(value).length}` : key;
    });
}

/** Words between blanks, with quotes; and what ends a statement in these languages. */
const words = (line: string): string[] =>
  line.match(/(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\.|[^\s"'\\])+|["'\\]/g) ?? [];

/** Lines of words: Monit's, sudo's, logrotate's, sshd's, sysctl's. */
function lines(text: string): string[] {
  return text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => {
      const all = words(line);
      return `${/^[a-z@{}]+$/i.test(all[0] ?? '') ? all[0] : ''}/${all.length}`;
    });
}

/** The kit's own, which end at tabs. */
const fields = (text: string): string[] =>
  text.split('\n').map((line) => `${line.split('\t').length}`);

const languages = { braces, units, lines, fields };

/** @throws when the path is of no language that is known here. */
export function shapeOf(path: string, text: string): string[] {
  const language = languageOf(path);
  if (!language) throw new Error(`${path} is in no language that has a shape`);
  return languages[language](text);
}
