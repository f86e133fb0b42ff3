/** What is in the files of a host, and beside it: read once, and again when the kernel says that it was written. */
import { join } from 'node:path';
import { runAsRoot } from '../lib/process.ts';
import type { DebianHost } from './host.ts';

const script = join(import.meta.dirname, 'snapshot.sh');

/**
 * What a host is: `file /etc/hosts`, `unit ssh.service` and `kernel net.core.somaxconn`, each with its
 * properties. Two of them are compared by `diffSnapshots()`.
 */
export type Snapshot = Record<string, Record<string, string>>;

/** A file as it was read before, with what is in it; nothing of it was written while the kernel says the same of it. */
type Known = { readonly said: string; readonly file: Record<string, string> };

/** What was read of each host before, by path. */
const remembered = new WeakMap<DebianHost, Map<string, Known>>();

const fileFields = ['type', 'owner', 'mode', 'mtime', 'ctime', 'inode', 'size', 'target'];

/** Of all files that a host has, what the kernel says of them, and what is in them and beside them. */
export async function readFiles(
  host: DebianHost,
  root: string,
  args: readonly string[],
): Promise<Snapshot> {
  const began = Date.now();
  const parts = (await readDisk('files', root, args)).split('\0');
  const known = remembered.get(host) ?? new Map<string, Known>();
  remembered.set(host, known);
  const found: Snapshot = {};
  const unread = new Map<string, Known>();
  const width = fileFields.length + 1;
  for (let at = 0; at + width < parts.length; at += width) {
    const path = parts[at]?.slice('./'.length) ?? '';
    const values = parts.slice(at + 1, at + width);
    const said = values.join('\0');
    const before = known.get(path);
    const file = before?.said === said ? before.file : parseFile(values);
    found[`file /${path}`] = file;
    if (file !== before?.file) unread.set(path, { said, file });
  }
  await addContents(root, unread);
  // Written a moment ago, it could be so again within the same tick of the kernel's clock.
  for (const [path, it] of unread)
    if (Number(it.file.ctime) * 1000 < began - 2000) known.set(path, it);
  return found;
}

function parseFile(values: readonly string[]): Record<string, string> {
  const named = fileFields.map((field, index) => [field, values[index] ?? ''] as const);
  const file = Object.fromEntries(named.filter(([, value]) => value !== ''));
  // A directory's size tells how its file system stores it, not what is in it.
  if (file.type === 'd') delete file.size;
  return file;
}

/** Adds what is in files, and beside them and directories. */
async function addContents(root: string, unread: ReadonlyMap<string, Known>): Promise<void> {
  const ask = (part: string, types: string) => {
    const asked = [...unread].filter(([, { file }]) => types.includes(file.type ?? ' '));
    return readDisk(part, root, [], asked.map(([path]) => `./${path}\0`).join(''));
  };
  const [sums, attributes, flags] = await Promise.all([
    ask('sums', 'f'),
    ask('attributes', 'fd'),
    ask('flags', 'fd'),
  ]);
  const properties = [...parseSums(sums), ...parseAttributes(attributes), ...parseFlags(flags)];
  for (const [path, property, value] of properties) {
    const of = unread.get(path)?.file;
    if (of) of[property] = value;
  }
}

/** Runs a part of snapshot.sh, which says what each is. */
async function readDisk(
  part: string,
  root: string,
  args: readonly string[] = [],
  input = '',
): Promise<string> {
  const { code, stdout, stderr } = await runAsRoot(['sh', script, part, root, ...args], { input });
  if (code !== 0) throw new Error(`snapshot.sh ${part}: ${stderr}`);
  return stdout;
}

type Property = [path: string, property: string, value: string];

/** The parts of a text between separators, without empty ones. */
export const records = (text: string, separator: string): string[] =>
  text.split(separator).filter(Boolean);

const parseSums = (text: string): Property[] =>
  records(text, '\0').map((sum) => [sum.slice('./'.length + 66), 'hash', sum.slice(0, 64)]);

function parseAttributes(text: string): Property[] {
  return records(text, '\n\n').map((block) => {
    const [file = '', ...values] = block.trim().split('\n');
    return [file.replace(/^# file: (\.\/)?/, ''), 'attributes', values.join(' ')];
  });
}

function parseFlags(text: string): Property[] {
  return records(text, '\n').map((line) => {
    const [flags = '', path = ''] = line.split(/ +(.*)/s);
    return [path.slice('./'.length), 'flags', flags.replace(/[^ia]/g, '')];
  });
}
