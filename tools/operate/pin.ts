/** Writes into a stack file which release an app is to stay on; nothing else of the file changes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMap, isScalar, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';

/**
 * Sets `keelson:apps.APP.release`. Of an app that another file describes only this line is in the stack file.
 * @param digits of the release; quoted, since YAML takes some for numbers.
 */
export function pin(file: string, app: string, digits: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, pinned(text, app, digits));
}

/** The same of a text. */
export function pinned(text: string, app: string, digits: string): string {
  const document = parseDocument(text);
  const config = document.get('config');
  const apps = isMap(config) ? pairOf(config, /^keelson:(?:config:)?apps$/) : undefined;
  const own = apps && isMap(apps.value) ? pairOf(apps.value, new RegExp(`^${app}$`)) : undefined;
  const value = JSON.stringify(digits);
  if (!isMap(own?.value) || own.value.items.length === 0) {
    document.setIn(
      ['config', apps ? String(apps.key.value) : 'keelson:apps', app, 'release'],
      digits,
    );
    return document.toString({ lineWidth: 0, defaultStringType: 'PLAIN' });
  }
  const old = pairOf(own.value, /^release$/)?.value;
  if (isScalar(old) && old.range) return replaced(text, old.range[0], old.range[1], value);
  const at = own.value.range?.[0] ?? 0;
  if (own.value.flow) return replaced(text, at + 1, at + 1, ` release: ${value},`);
  const indent = /[^\n]*$/.exec(text.slice(0, at))?.[0] ?? '';
  return replaced(text, at, at, `release: ${value}\n${indent}`);
}

const replaced = (text: string, from: number, to: number, by: string): string =>
  text.slice(0, from) + by + text.slice(to);

const pairOf = (map: YAMLMap, name: RegExp) =>
  map.items.find(({ key }) => isScalar(key) && name.test(String(key.value))) as
    | Pair<Scalar, unknown>
    | undefined;
