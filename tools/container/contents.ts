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

/** What is in a file, and beside it; `key` changes with it. */
type Content = { key: string; properties: Record<string, string> };

/** What was read of each host before, by path. */
const remembered = new WeakMap<DebianHost, Map<string, Content>>();

/** Adds what is in the files and beside them, from memory where the kernel says that nothing was written since. */
export async function addContents(
  host: DebianHost,
  root: string,
  found: Snapshot,
  began: number,
): Promise<void> {
  const known = remembered.get(host) ?? new Map<string, Content>();
  remembered.set(host, known);
  const keyOf = ({ inode, ctime, mtime, size }: Record<string, string>) =>
    [inode, ctime, mtime, size].join(' ');
  const holders = Object.entries(found).flatMap(([name, file]) =>
    file.type === 'f' || file.type === 'd'
      ? [{ path: name.slice('file /'.length), file, key: keyOf(file) }]
      : [],
  );
  const unread = holders.filter(({ path, key }) => known.get(path)?.key !== key);
  const read = new Map(unread.map(({ path }): [string, Record<string, string>] => [path, {}]));
  const ask = (part: string, asked: typeof unread) =>
    readDisk(part, root, [], asked.map(({ path }) => `./${path}\0`).join(''));
  const [sums, attributes, flags] = await Promise.all([
    ask(
      'sums',
      unread.filter(({ file }) => file.type === 'f'),
    ),
    ask('attributes', unread),
    ask('flags', unread),
  ]);
  const properties = [...parseSums(sums), ...parseAttributes(attributes), ...parseFlags(flags)];
  for (const [path, property, value] of properties) {
    const of = read.get(path);
    if (of) of[property] = value;
  }
  for (const { path, file, key } of holders) {
    const content = read.get(path) ?? known.get(path)?.properties ?? {};
    // Written a moment ago, it could be so again within the same tick of the kernel's clock.
    if (Number(file.ctime) * 1000 < began - 2000) known.set(path, { key, properties: content });
    Object.assign(file, content);
  }
}

/** Runs a part of snapshot.sh, which says what each is. */
export async function readDisk(
  part: string,
  root: string,
  args: string[] = [],
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
