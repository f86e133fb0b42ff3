/** The entries of a release that comes as a tarball. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Entry, isNeedless } from './entry.ts';
import { named } from './plain.ts';
import { type Member, membersOf } from './tarball.ts';

/**
 * All entries of a tarball, gzipped or not, without the first `strip` parts of their names. What comes twice is as it
 * was the last time, as tar has it.
 *
 * @throws naming the first thing that cannot be part of a release.
 */
export function tarballEntries(path: string, strip: number): Entry[] {
  const entries = new Map<string, Entry & { whole: string }>();
  for (const member of membersOf(readFileSync(path))) {
    const parts = partsOf(member.name);
    if (member.name.startsWith('/'))
      throw new Error(`${named(member.name)} has an absolute name; pack it with tar -C`);
    if (member.name === '' || (parts.length === 0 && member.type !== 'directory'))
      throw new Error(`${named(member.name)} is no name of a file; rename it`);
    const name = parts.slice(strip).join('/');
    if (name === '' || isNeedless(member, name)) continue;
    const one = isOwn(member) ? entryOf(member, name) : linked(member, name, strip, entries);
    const entry = { ...one, whole: parts.join('/') };
    refuseTwo(entries.get(name), entry, strip);
    entries.set(name, entry);
  }
  return withDirectories(entries);
}

const partsOf = (path: string): string[] => path.split('/').filter((it) => it !== '' && it !== '.');

/** What comes twice must be of one kind; so tar has the last one, whatever the first was. */
function refuseTwo(
  before: (Entry & { whole: string }) | undefined,
  entry: Entry & { whole: string },
  strip: number,
): void {
  if (!before) return;
  const { name, type } = entry;
  if (before.type !== type || type === 'symlink')
    throw new Error(`${named(name)} comes twice, as ${before.type} and as ${type}; pack it again`);
  if (type !== 'directory' && before.whole !== entry.whole)
    throw new Error(
      `${named(entry.whole)} and ${named(before.whole)} are one, ${named(name)}, with strip: ${strip}; give another`,
    );
}

/** A member that is no other name of another one. */
type Own = Member & { type: Entry['type'] };

const isOwn = (member: Member): member is Own => member.type !== 'link';

/** A hard link as the file that it is one more name of; as tar has it, what is stripped is stripped of both names. */
function linked(
  member: Member,
  name: string,
  strip: number,
  entries: ReadonlyMap<string, Entry>,
): Entry {
  const { target } = member;
  const file = entries.get(partsOf(target).slice(strip).join('/'));
  const isPlain = [member.name, target].every((it) => !/(^\/|\/\.?$)/.test(it));
  if (file?.type === 'file' && isPlain) return { ...file, name };
  throw new Error(
    `${named(member.name)} is a hard link to ${named(target)}, which is no file before it; pack it again with tar --hard-dereference`,
  );
}

const entryOf = ({ type, executable, target, content }: Own, name: string): Entry => {
  switch (type) {
    case 'directory':
      return { type, name };
    case 'symlink':
      return { type, name, target };
    case 'file':
      return { type, name, executable, content: () => content };
  }
};

/** A tarball need not name its directories; a directory on disk has them all. */
export function withDirectories(given: ReadonlyMap<string, Entry>): Entry[] {
  const entries = new Map(given);
  for (const { name } of [...entries.values()])
    for (let above = dirname(name); above !== '.'; above = dirname(above))
      if (!entries.has(above)) entries.set(above, { type: 'directory', name: above });
  return [...entries.values()];
}
