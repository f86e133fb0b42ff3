/** The log of an app and its members as the journal of its server has it. */
import { z } from 'zod';
import type { Entry, Wanted } from './entry.ts';

const fields = ['MESSAGE', '_SYSTEMD_UNIT', '_UID', 'UNIT', '_LINE_BREAK', '_STREAM_ID'];

const journald = 'systemd-journald.service';

/** journald's own, where it dropped lines of somebody who wrote too many (systemd.journal-fields). */
const suppressed = 'a596d6fe7bfa4994828e72309e95d61e';

/**
 * Whatever has such a name as its identifier: instances from the first line of their start on, runs of jobs, hooks, what
 * runs before it; and what systemd says of instances and jobs: as root, or within the unit where it starts what cannot be
 * started. (A field without an underscore is written by whoever likes.) Following ends with its standard input, or with
 * journalctl.
 */
const script = `names=$1 follow=$2
shift 2
for name in $names; do set -- "$@" "SYSLOG_IDENTIFIER=$name"; done
set -- "$@" + _SYSTEMD_UNIT=${journald} MESSAGE_ID=${suppressed}
units=$(for name in $names; do
  echo "$name.service"
  systemctl list-units --all --full --plain --no-legend --no-pager "$name@*.service" | cut -d ' ' -f 1
done)
set -- "$@" + _UID=0
for unit in $units; do set -- "$@" "UNIT=$unit"; done
set -- "$@" +
for unit in $units; do set -- "$@" "_SYSTEMD_UNIT=$unit"; done
set -- journalctl -q --no-pager -o json --all --output-fields=${fields.join()} "$@"
[ "$follow" = yes ] || exec "$@"
exec 3<&0
"$@" -f 3<&- &
reader=$!
{ cat <&3; kill "$reader"; } >/dev/null 2>&1 &
exec 3<&-
wait "$reader"`;

/**
 * Whether the newest entries come first: the last of those that match are found so, and newer releases of journalctl take
 * `--reverse` as said where it is not.
 */
export const isBackwards = ({ lines, grep, follow }: Wanted): boolean =>
  lines !== undefined && grep !== undefined && !follow;

/** The command that prints it; following it ends with its standard input. */
export const journalCommand = (names: readonly string[], wanted: Wanted): readonly string[] => {
  const { lines, since, grep, follow } = wanted;
  return [
    ...['sh', '-c', script, 'sh', names.join(' '), follow ? 'yes' : 'no'],
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(lines === undefined ? [] : ['-n', String(lines)]),
    ...(grep === undefined ? [] : ['-g', grep]),
    ...(isBackwards(wanted) ? ['--reverse'] : []),
  ];
};

/** Text, or bytes where it is no UTF-8; null where it has none. */
const value = z
  .union([z.string(), z.array(z.int()), z.null()])
  .transform((given) => (Array.isArray(given) ? Buffer.from(given).toString() : (given ?? '')));

/** Who writes to the journal's own socket may give a field several times. */
const field = z.union([value, z.array(value).transform((all) => all.join('\n'))]).optional();

const schema = z.object({
  __REALTIME_TIMESTAMP: z.coerce.number(),
  MESSAGE: field,
  _SYSTEMD_UNIT: z.string().optional(),
  _UID: z.string().optional(),
  UNIT: field,
  _LINE_BREAK: z.string().optional(),
  _STREAM_ID: z.string().optional(),
});

/** Its entries; a line that was too long for the journal, and stands there in pieces, as one. */
export async function* journalEntries(
  names: readonly string[],
  lines: AsyncIterable<string>,
): AsyncGenerator<Entry> {
  const begun = new Map<string, Entry>();
  for await (const line of lines) {
    const read = schema.parse(JSON.parse(line));
    const stream = read._STREAM_ID ?? '';
    const entry = entryOf(read, begun.get(stream));
    begun.delete(stream);
    if (read._LINE_BREAK === 'line-max') begun.set(stream, entry);
    else if (isOf(names, entry)) yield entry;
  }
  yield* begun.values();
}

function entryOf(read: z.output<typeof schema>, begun: Entry | undefined): Entry {
  const { MESSAGE: text = '', _SYSTEMD_UNIT: own = '', UNIT } = read;
  if (begun) return { ...begun, text: begun.text + text };
  const about = read._UID === '0' || UNIT === own ? UNIT : undefined;
  return {
    time: read.__REALTIME_TIMESTAMP,
    from: sourceOf(about ?? own),
    text,
    isAbout: about !== undefined || own === journald,
  };
}

/** `shop@3700`, `shop-mail@1`; of a hook its name. */
const sourceOf = (unit: string): string =>
  /^keelson_(\w+)@/.exec(unit)?.[1] ?? unit.replace(/\.service$/, '');

/** What journald says of lines that it dropped names the unit alone. */
const isOf = (names: readonly string[], { from, text }: Entry): boolean =>
  from !== 'systemd-journald' ||
  names.some((name) => text.includes(` ${name}@`) || text.includes(` ${name}.service`));
