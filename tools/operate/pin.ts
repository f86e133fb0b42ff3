/** Writes into a stack file which release an app is to stay on; nothing else of the file changes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMap, isScalar, type Pair, parse, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import { readConfig } from '../../components/config/config.ts';
import { readStackFile } from '../../components/config/stack-on-disk.ts';

/**
 * Sets `keelson:apps.APP.release`. Of an app that another file describes only this line is in the stack file.
 * @param digits of the release; quoted, since YAML takes some for numbers.
 * @throws with the line to write where the file has a form in which it cannot be put, such as an anchor's.
 */
export function pin(file: string, app: string, digits: string): void {
  const text = pinned(readFileSync(file, 'utf8'), app, digits);
  if (text === undefined)
    throw new Error(
      `${file}: says apps in a way that is left alone; write release: "${digits}" into ${app} there, lest the next up takes it away again`,
    );
  writeFileSync(file, text);
}

/**
 * The servers of a stack file that have another release of an app in spite of it, by settings of their own.
 * @example notPinned('stacks/Pulumi.production.yaml', 'shop', '9f86d081') // ['web2']
 */
export const notPinned = (file: string, app: string, digits: string): string[] =>
  readConfig(readStackFile(file))
    .hosts.filter(({ apps }) => apps.some((it) => it.name === app && it.release !== digits))
    .map(({ name }) => name);

/** A text with that line; nothing where it cannot be put. */
export function pinned(text: string, app: string, digits: string): string | undefined {
  const result = withLine(text, app, `release: ${JSON.stringify(digits)}`);
  try {
    const { config } = parse(result) as { config: Record<string, Record<string, unknown>> };
    const apps = Object.entries(config).find(([key]) => appsKey.test(key))?.[1];
    return (apps?.[app] as { release?: unknown } | undefined)?.release === digits
      ? result
      : undefined;
  } catch {
    return undefined;
  }
}

const appsKey = /^keelson:(?:config:)?apps$/;

function withLine(text: string, app: string, line: string): string {
  const config = parseDocument(text).get('config');
  if (!isMap(config)) return text;
  const apps = pairOf(config, appsKey);
  if (!apps) return put(text, config, 'keelson:apps', app, line);
  if (!isMap(apps.value)) return text;
  const own = pairOf(apps.value, new RegExp(`^${app}$`));
  if (!own) return put(text, apps.value, app, line);
  if (!isMap(own.value)) return text;
  const old = pairOf(own.value, /^release$/)?.value;
  return isScalar(old) && old.range
    ? text.slice(0, old.range[0]) + line.replace('release: ', '') + text.slice(old.range[1])
    : put(text, own.value, line);
}

/** Puts a line at the beginning of a mapping, or at its end below keys that it has not. */
function put(text: string, map: YAMLMap, ...words: readonly string[]): string {
  const [begin = 0, end = 0] = map.range ?? [];
  const [line = '', ...keys] = words.toReversed();
  if (map.flow) {
    const inner = keys.reduce((all, key) => `${key}: { ${all} }`, line);
    const rest = map.items.length > 0 ? ',' : ' ';
    return `${text.slice(0, begin + 1)} ${inner}${rest}${text.slice(begin + 1)}`;
  }
  const indent = /[^\n]*$/.exec(text.slice(0, begin))?.[0] ?? '';
  if (keys.length === 0) return `${text.slice(0, begin)}${line}\n${indent}${text.slice(begin)}`;
  const lines = words.map((word, depth) => indent + '  '.repeat(depth) + word);
  // A text below `|` ends with its line.
  const next = text[end - 1] === '\n' ? end : text.indexOf('\n', end) + 1 || text.length;
  const before = text.slice(0, next).replace(/[^\n]$/, '$&\n');
  return `${before}${lines.join(':\n')}\n${text.slice(next)}`;
}

const pairOf = (map: YAMLMap, name: RegExp) =>
  map.items.find(({ key }) => isScalar(key) && name.test(String(key.value))) as
    | Pair<Scalar, unknown>
    | undefined;
