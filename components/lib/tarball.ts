/**
 * Reading tarballs as they come: ustar, GNU's and pax, gzipped or not. Whatever GNU tar would unpack into other files
 * than are read here is refused: what is not understood must not be taken for something else.
 */
import { gunzipSync } from 'node:zlib';
import { named } from './plain.ts';
import {
  block,
  decimal,
  longName,
  type Read,
  readHeader,
  records,
  refuseForAll,
} from './tar-header.ts';

/** One member under its name as the archive has it, decoded; `content` of files alone, `target` of links. */
export type Member = {
  readonly name: string;
  /** A hard link is one more name of a member before it. */
  readonly type: 'file' | 'directory' | 'symlink' | 'link';
  readonly executable: boolean;
  readonly target: string;
  readonly content: Buffer;
};

/** More than any code unpacks to; what goes beyond is a bomb. */
const mostBytes = 2 * 1024 ** 3;

/**
 * The members of a tarball, in their order.
 * @throws naming the member that cannot be taken as it is.
 */
export function* membersOf(packed: Buffer, limit = mostBytes): Generator<Member> {
  const bytes = unpacked(packed, limit);
  // What headers of their own say of the member that follows.
  let more = new Map<string, string>();
  const say = (value: string, key: string): void => {
    if ((more.get(key) ?? value) !== value)
      throw new Error(
        `${named(value)} and ${named(more.get(key) ?? '')} are of one member; pack it again`,
      );
    more.set(key, value);
  };
  let extended = false;
  let last = '';
  let at = 0;
  for (;;) {
    const header = bytes.subarray(at, at + block);
    const where = last === '' ? 'at its beginning' : `after ${named(last)}`;
    if (header.length < block) throw new Error(`breaks off ${where}; pack it again`);
    if (header.every((byte) => byte === 0)) break;
    const read = readHeader(header, where);
    const isMember = !/[xgLK]/.test(read.kind);
    const name = (isMember ? more.get('path') : undefined) ?? read.name;
    const size = (isMember ? decimal(more.get('size'), name) : undefined) ?? read.size;
    const content = bytes.subarray(at + block, at + block + size);
    if (content.length < size) throw new Error(`breaks off within ${named(name)}; pack it again`);
    at += block + Math.ceil(size / block) * block;
    if (read.kind === 'g') refuseForAll(records(content, name));
    else if (read.kind === 'x') {
      // tar forgets the one before.
      if (extended)
        throw new Error(`${named(name)} is a second header of one member; pack it again`);
      extended = true;
      records(content, name).forEach(say);
    } else if (read.kind === 'L') say(longName(content, name), 'path');
    else if (read.kind === 'K') say(longName(content, name), 'linkpath');
    else {
      yield member({ ...read, name, target: more.get('linkpath') ?? read.target }, more, content);
      more = new Map();
      extended = false;
      last = name;
    }
  }
  if (more.size > 0) throw new Error(`breaks off after ${named(last)}; pack it again`);
  if (bytes.subarray(at).some((byte) => byte !== 0))
    throw new Error(
      `holds more after its end, behind ${named(last)}; pack all of it as one archive`,
    );
}

/** What else archives are packed with, by how they begin. */
const packers: readonly [begin: string, name: string, unpack: string][] = [
  ['fd377a585a00', 'xz', 'xz -dc'],
  ['28b52ffd', 'zstd', 'zstd -dc'],
  ['425a68', 'bzip2', 'bzip2 -dc'],
  ['04224d18', 'lz4', 'lz4 -dc'],
];

function unpacked(packed: Buffer, limit: number): Buffer {
  const begin = packed.toString('hex', 0, 8);
  for (const [bytes, name, unpack] of packers)
    if (begin.startsWith(bytes))
      throw new Error(
        `is packed with ${name}, and only gzip is read: ${unpack} FILE | gzip >FILE.tar.gz`,
      );
  if (begin.startsWith('504b0304'))
    throw new Error('is a zip archive; unpack it, and give the directory');
  if (!begin.startsWith('1f8b')) return packed;
  try {
    return gunzipSync(packed, { maxOutputLength: limit });
  } catch (cause) {
    const { code, message } = cause as Error & { code?: string };
    throw new Error(
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `unpacks to more than ${limit / 1024 ** 2} MiB; leave out what the app does not need`
        : `cannot be unpacked by gzip (${message}); pack it again`,
      { cause },
    );
  }
}

const others: Readonly<Record<string, string>> = {
  '3': 'character device',
  '4': 'block device',
  '6': 'fifo',
  D: 'directory of an incremental archive',
  M: 'part of a volume',
  N: 'list of long names',
  S: 'file with holes (sparse)',
  V: 'label of a volume',
};

function member(read: Read, fields: ReadonlyMap<string, string>, content: Buffer): Member {
  const { kind, name, mode, target } = read;
  if ([...fields.keys()].some((key) => key.startsWith('GNU.sparse.')))
    throw new Error(
      `${named(fields.get('GNU.sparse.name') ?? name)} is a file with holes (sparse); pack it without --sparse`,
    );
  if (fields.has('hdrcharset') && fields.get('hdrcharset') !== 'ISO-IR 10646 2000 UTF-8')
    throw new Error(`${named(name)} has a name that is no UTF-8; rename it`);
  const same = { name, executable: (mode & 0o111) !== 0, target: '', content: Buffer.alloc(0) };
  switch (kind) {
    case '0':
    case '\0':
    case '7':
      // Before there were kinds, the slash at the end told a directory.
      if (!name.endsWith('/')) return { ...same, type: 'file', content };
      if (content.length === 0) return { ...same, type: 'directory' };
      throw new Error(`${named(name)} has the name of a directory, and content; pack it again`);
    case '5':
    case '2':
    case '1':
      if (content.length > 0)
        throw new Error(`${named(name)} is no file, and has content; pack it again`);
      if (kind === '5') return { ...same, type: 'directory' };
      return { ...same, type: kind === '2' ? 'symlink' : 'link', target };
    default:
      throw new Error(
        `${named(name)} is a ${others[kind] ?? `member of kind ${JSON.stringify(kind)}`}; pack files, directories and symbolic links alone`,
      );
  }
}
