/** What differs between the inputs of two runs, by the path of each property. */
import { isDeepStrictEqual } from 'node:util';
import { isObject, isSpecial, type Properties, type Value } from './property.ts';

export type Difference = 'add' | 'delete' | 'update';

/**
 * Compares two sets of inputs. Lists and objects are compared part by part; a secret and an asset are one part.
 *
 *     differences({ environment: { a: '1' } }, { environment: { a: '2' } })  // environment.a → update
 */
export function differences(olds: Properties, news: Properties): Map<string, Difference> {
  const found = new Map<string, Difference>();
  compareObjects('', olds, news, found);
  return found;
}

function compare(
  path: string,
  before: Value | undefined,
  after: Value | undefined,
  found: Map<string, Difference>,
): void {
  if (isDeepStrictEqual(before, after)) return;
  if (before === undefined) found.set(path, 'add');
  else if (after === undefined) found.set(path, 'delete');
  else if (Array.isArray(before) && Array.isArray(after))
    for (let at = 0; at < Math.max(before.length, after.length); at++)
      compare(`${path}[${at}]`, before[at], after[at], found);
  else if (isObject(before) && isObject(after) && !isSpecial(before) && !isSpecial(after))
    compareObjects(path, before, after, found);
  else found.set(path, 'update');
}

function compareObjects(
  path: string,
  before: Properties,
  after: Properties,
  found: Map<string, Difference>,
): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    compare(step(path, key), before[key], after[key], found);
}

function step(path: string, key: string): string {
  if (!/^[\w$]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
