/** Tarballs: each is refused by the name of a member, or the release holds what GNU tar unpacks from them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packRelease } from '../../components/app/packing.ts';
import { integer, pick, type Random } from '../harness/random.ts';
import { anyText } from './text.ts';

type Member = { name: string; kind: string; content: Buffer; mode: number; target: string };

const plainNames = [
  'server.js',
  'a',
  'b',
  'lib',
  'lib/a.js',
  'lib/b/c.js',
  'bin/run',
  'A',
  'package/x',
];
const oddNames = [
  ...[
    '.',
    '..',
    './',
    '/',
    '',
    '//',
    'a/',
    './a',
    'a//b',
    'a/./b',
    '../x',
    'a/../b',
    '/etc/x',
    'server.js/x',
  ],
  ...[
    '__proto__',
    '__proto__/a',
    'constructor',
    'é',
    'e\u0301',
    '\u2028',
    '-rf',
    '--help',
    '*',
    'a b',
    '~',
  ],
  ...['x'.repeat(100), 'x'.repeat(155), 'x'.repeat(255), 'x'.repeat(256), 'é'.repeat(130)],
  ...[`${'d/'.repeat(80)}f`, `${'long/'.repeat(40)}f`, `${'deeper/'.repeat(600)}f`],
];

function nameOf(random: Random): string {
  const kind = random();
  if (kind < 0.6) return pick(random, plainNames);
  return kind < 0.85 ? pick(random, oddNames) : anyText(random).slice(0, 300).toWellFormed();
}

function memberOf(random: Random): Member {
  const kind =
    random() < 0.8
      ? pick(random, ['0', '0', '0', '\0', '5', '2', '1'])
      : pick(random, [...'1234567ADKLMNSVxgZ']);
  const length = random() < 0.1 ? integer(random, 0, 3000) : integer(random, 0, 20);
  const hasContent = '0\x007'.includes(kind) || random() < 0.05;
  const target = pick(random, [
    'a',
    '../a',
    'server.js',
    './b',
    '../../x',
    '/etc/passwd',
    '',
    nameOf(random),
  ]);
  return {
    ...{ name: nameOf(random), kind, target: kind === '2' || kind === '1' ? target : '' },
    content: Buffer.alloc(hasContent ? length : 0, pick(random, ['x', 'y\n', '\0'])),
    mode: pick(random, [0o644, 0o755, 0o600, 0o4711, 0]),
  };
}

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);

type Fixed = {
  name: Buffer;
  kind: string;
  size: number;
  mode?: number;
  target?: Buffer;
  prefix?: Buffer;
};

function header(
  { name, kind, size, mode = 0o644, target, prefix }: Fixed,
  magic: string,
  binary: boolean,
): Buffer {
  const bytes = Buffer.alloc(512);
  name.copy(bytes, 0, 0, 100);
  bytes.write(`${mode.toString(8).padStart(7, '0')}\0`, 100, 'latin1');
  bytes.write('0000000\0'.repeat(2), 108, 'latin1');
  if (binary) {
    bytes[124] = 0x80;
    bytes.writeUIntBE(size, 130, 6);
  } else bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  bytes.write('00000000000\0', 136, 'latin1');
  bytes.write(kind, 156, 'latin1');
  target?.copy(bytes, 157, 0, 100);
  bytes.write(magic, 257, 'latin1');
  prefix?.copy(bytes, 345, 0, 155);
  bytes.fill(' ', 148, 156);
  const sum = bytes.reduce((all, byte) => all + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

const ustar = 'ustar\x0000';
const gnu = 'ustar  \0';

/** LENGTH KEY=VALUE\n, where the length counts itself. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

/** One member in one of the formats that there are, or in one that there is not. */
function bytesOf(member: Member, random: Random): Buffer {
  const { kind, content, mode } = member;
  const [name, target] = [Buffer.from(member.name), Buffer.from(member.target)];
  const binary = random() < 0.1;
  const own = (magic: string, fixed: Partial<Fixed> = {}): Buffer =>
    Buffer.concat([
      header({ name, kind, size: content.length, mode, target, ...fixed }, magic, binary),
      padded(content),
    ]);
  const before = (letter: string, text: Buffer, magic: string): Buffer =>
    Buffer.concat([
      header({ name: Buffer.from('@header'), kind: letter, size: text.length }, magic, false),
      padded(text),
    ]);
  const cut = { name: name.subarray(0, 100), target: target.subarray(0, 100) };
  const zero = Buffer.from([0]);
  switch (integer(random, 0, 9)) {
    case 0:
    case 1: {
      const records = [record('path', member.name), record('mtime', '1.5')];
      if (member.target !== '') records.push(record('linkpath', member.target));
      if (random() < 0.2) records.push(record('size', String(content.length)));
      if (random() < 0.1)
        records.push(
          pick(random, [
            record('GNU.sparse.major', '1'),
            record('GNU.sparse.name', 'other.js'),
            record('hdrcharset', 'BINARY'),
            record('SCHILY.xattr.user.a', '1'),
            record('comment', 'any'),
            record('__proto__', '1'),
          ]),
        );
      return Buffer.concat([before('x', Buffer.concat(records), ustar), own(ustar, cut)]);
    }
    case 2:
    case 3: {
      const long = before('L', Buffer.concat([name, zero]), gnu);
      const link =
        target.length > 100 ? before('K', Buffer.concat([target, zero]), gnu) : Buffer.alloc(0);
      return Buffer.concat([link, long, own(gnu, cut)]);
    }
    case 4: {
      const at = name.indexOf('/');
      const isSplit = at > 0 && at <= 155;
      return own(
        ustar,
        isSplit ? { prefix: name.subarray(0, at), name: name.subarray(at + 1) } : {},
      );
    }
    case 5:
      return own('\0'.repeat(8));
    case 6:
      return Buffer.concat([
        before(
          'g',
          pick(random, [record('comment', 'x'), record('path', 'x'), record('mtime', '1.5')]),
          ustar,
        ),
        own(ustar),
      ]);
    default:
      return own(pick(random, [ustar, gnu]));
  }
}

/** A whole archive, at times with something wrong about the whole. */
function archiveOf(random: Random): { bytes: Buffer; members: Member[] } {
  const members = Array.from({ length: integer(random, 1, 5) }, () => memberOf(random));
  if (random() < 0.95)
    members.splice(integer(random, 0, members.length), 0, {
      name: 'server.js',
      kind: '0',
      content: Buffer.from('x'),
      mode: 0o644,
      target: '',
    });
  const body = Buffer.concat(members.map((member) => bytesOf(member, random)));
  const end = Buffer.alloc(pick(random, [1024, 1024, 1024, 1024, 10240, 512, 0]));
  let bytes = Buffer.concat([body, end]);
  const fate = random();
  if (fate < 0.03) bytes = bytes.subarray(0, integer(random, 0, bytes.length));
  else if (fate < 0.06) bytes[integer(random, 0, body.length - 1)] = integer(random, 0, 255);
  else if (fate < 0.08) bytes = Buffer.concat([bytes, bytes]);
  if (random() < 0.3) bytes = gzipSync(bytes, { level: 1 });
  if (random() < 0.01) bytes = bytes.subarray(0, integer(random, 0, bytes.length));
  return { bytes, members };
}

/** What lies in a directory: of each thing its type, and what it holds. */
function treeOf(root: string, folder = ''): Record<string, string> {
  const found = readdirSync(join(root, folder)).map((own): Record<string, string> => {
    const name = folder === '' ? own : `${folder}/${own}`;
    const path = `${root}/${name}`;
    const stat = lstatSync(path);
    if (stat.isDirectory()) return { [`${name}/`]: 'directory', ...treeOf(root, name) };
    if (stat.isSymbolicLink()) return { [name]: `→ ${readlinkSync(path)}` };
    const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
    const executable = (stat.mode & 0o111) === 0 ? '' : 'executable ';
    return { [name]: `${stat.isFile() ? 'file' : 'odd'} ${executable}${hash}` };
  });
  return Object.assign({}, ...found);
}

function unpack(archive: string, into: string, ...options: string[]): Record<string, string> {
  mkdirSync(into);
  const env = { ...process.env, LC_ALL: 'C' };
  execFileSync(
    'tar',
    ['-x', '-f', archive, '-C', into, '--no-same-owner', '--no-same-permissions', ...options],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return treeOf(into);
}

/** What is said of an archive as a whole. */
const ofTheWhole =
  /at its beginning|by gzip|holds no server\.js|of all its members|more after its end, behind|breaks off after|damaged after/;

/** One archive; whether it was taken. To be called in a directory that may be filled. */
export async function tryArchive(random: Random): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-fuzz-'));
  try {
    const { bytes, members } = archiveOf(random);
    const path = join(folder, 'given');
    writeFileSync(path, bytes);
    const strip = random() < 0.8 ? 0 : 1;
    const archive = await packRelease({
      name: 'shop',
      source: { path, strip },
      start: 'server.js',
    }).then(
      (release) => release.archive,
      (error: Error) => {
        refused(error, members);
        return undefined;
      },
    );
    if (archive === undefined) return false;
    const packed = unpack(archive, join(folder, 'packed'));
    rmSync(archive);
    assert.deepEqual(packed, unpack(path, join(folder, 'tar'), `--strip-components=${strip}`));
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An error is the kit's own, and names a member, by the part of its name that fits in a header at least. */
function refused({ name, message }: Error, members: readonly Member[]): void {
  assert.equal(name, 'Error', message);
  assert.doesNotMatch(message, /^E[A-Z]+:/);
  const names = [...members.map((member) => member.name), '@header', 'other.js'];
  const isNamed = names.some((name) => {
    const parts = name.split('/').filter((part) => part !== '.' && part !== '');
    const latin = Buffer.from(name).toString('latin1');
    return [name, name.split('\0')[0] ?? '', latin, parts.join('/'), parts.slice(1).join('/')].some(
      (shown) => {
        const quoted = JSON.stringify(shown);
        const begin = quoted.slice(1, -1).slice(0, 20);
        const isTold = (text: string) => shown.trim() !== '' && message.includes(text);
        return message.includes(quoted) || isTold(begin) || isTold(shown.slice(0, 20));
      },
    );
  });
  assert.ok(isNamed || ofTheWhole.test(message), message);
}
