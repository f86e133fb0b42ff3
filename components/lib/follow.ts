/** Finding things in a release by a path, as a host does once it is unpacked. */
import type { Entry } from './entry.ts';

/** As many as Linux follows. */
const mostLinks = 40;

const partsOf = (path: string): string[] =>
  path.split('/').filter((part) => part !== '' && part !== '.');

/** What a path leads to, through links on the way and at its end; undefined where it leads nowhere, or out of the release. */
export function follow(entries: ReadonlyMap<string, Entry>, path: string): Entry | undefined {
  const done: string[] = [];
  const left = partsOf(path);
  let found: Entry | undefined;
  for (let links = 0; left.length > 0; ) {
    const part = left.shift() ?? '';
    if (part === '..') {
      if (done.pop() === undefined) return undefined;
      found = entries.get(done.join('/'));
      continue;
    }
    found = entries.get([...done, part].join('/'));
    if (found === undefined || (found.type === 'file' && left.length > 0)) return undefined;
    if (found.type !== 'symlink') done.push(part);
    else if (found.target.startsWith('/') || ++links > mostLinks) return undefined;
    else left.unshift(...partsOf(found.target));
  }
  return found;
}
