/** The log of an app whose output goes to files, one of each instance, and one of each job. */
import { randomBytes } from 'node:crypto';
import type { Entry, Wanted } from './entry.ts';
import type { Part } from './part.ts';

/** The end of each file, that of the one before it included, below a line with a mark. */
const script = `app=$1 mark=$2 lines=$3 pattern=$4 either=$5 files=$6
for log in "/var/log/$app"/$files; do
  [ -f "$log" ] || continue
  key=\${log##*/}
  printf '%s %s\\n' "$mark" "\${key%.log}"
  { cat "$log.1" 2>/dev/null; cat "$log"; } |
    if [ -n "$pattern" ]; then grep -aP $either -e "$pattern" || :; else cat; fi | tail -n "$lines" | sed -e '$a\\'
done`;

/** What comes, below tail's own headers; a pattern that grep refuses ends it. */
const following = `app=$1 lines=$3 pattern=$4 either=$5 files=$6
exec 3<&0
{ cat <&3; kill 0; } >/dev/null 2>&1 &
exec 3<&-
tail -n "$lines" -v -F "/var/log/$app"/$files 2>/dev/null |
  if [ -n "$pattern" ]; then exec grep -aP --line-buffered $either -e "^==> /var/log/$app/[^/]+\\.log <==$|$pattern"; else exec cat; fi`;

/** The command that prints it, and the mark of its headers; following it ends with its standard input. */
export function filesCommand(part: Part, { lines, grep, follow }: Wanted) {
  const mark = `keelson-${randomBytes(16).toString('hex')}`;
  const either = grep !== undefined && grep === grep.toLowerCase() ? '-i' : '';
  const text = follow ? following : script;
  const count = lines === undefined ? '+1' : String(lines);
  const words = ['sh', '-c', text, 'sh', part.app, mark, count, grep ?? '', either, filesOf(part)];
  return { words, mark };
}

/** A pattern of the shell's: of all, or of a member alone. */
const filesOf = ({ member, type }: Part): string =>
  member === undefined ? '*.log' : type === 'job' ? `${member}.log` : `${member}@*.log`;

/** Who writes `3700.log`, `mail@1.log` or `clean.log`; `job.log` is of an app that is a job. */
const writerOf = (app: string, key: string): string =>
  key === 'job' ? app : `${app}${/^\d+$/.test(key) ? '@' : '-'}${key}`;

/** Its entries, which have no time. */
export async function* fileEntries(
  app: string,
  mark: string,
  lines: AsyncIterable<string>,
): AsyncGenerator<Entry> {
  // An app may write such a line as tail does: it says no more by it than another instance's name.
  const key = '([a-z0-9@-]+)';
  const header = new RegExp(`^(?:${mark} ${key}|==> /var/log/${app}/${key}\\.log <==)$`);
  let from = app;
  // tail puts an empty line before each header but the first.
  let isHeld = false;
  for await (const line of lines) {
    const [, marked, tailed] = header.exec(line) ?? [];
    const key = marked ?? tailed;
    if (isHeld && tailed === undefined) yield entry(from, '');
    isHeld = key === undefined && line === '';
    if (key !== undefined) from = writerOf(app, key);
    else if (!isHeld) yield entry(from, line);
  }
  if (isHeld) yield entry(from, '');
}

const entry = (from: string, text: string): Entry => ({
  time: undefined,
  from,
  text,
  isAbout: false,
});
