/**
 * Rows: what differs on a host, one key of one item a row. The host decides what is one
 * (`files/host/difference.sh`); here they are read, and said in words.
 */

/**
 * How a difference came about.
 *
 * - `drift`: the host is otherwise than what was applied last
 * - `change`: the program wants otherwise than what was applied last; or a run that died left it
 * - `new`: never applied, and not there
 * - `found`: never applied, but there already and otherwise than wanted
 * - `own`: as `found`, but neither the kit's nor as a package brought it: somebody's own, which may not be taken over
 * - `gone`: was applied, and no manifest names it any more
 * - `foreign`: somebody else's; `from` says so in words
 */
export type Origin = 'drift' | 'change' | 'new' | 'found' | 'own' | 'gone' | 'foreign';

export type Row = {
  readonly origin: Origin;
  readonly kind: string;
  readonly name: string;
  readonly key: string;
  readonly from: string;
  readonly to: string;
};

const signs: Readonly<Record<Origin, string>> = {
  drift: '!',
  change: '~',
  found: '~',
  own: '×',
  new: '+',
  gone: '-',
  foreign: '×',
};

export const isOrigin = (word: string): word is Origin => word in signs;

/** Reads `ORIGIN KIND NAME KEY FROM TO`, separated by tabs. */
export function parseRow(line: string): Row {
  const [origin = '', kind = '', name = '', key = '', from = '', to = ''] = line.split('\t');
  if (!isOrigin(origin) || name === '')
    throw new Error(`the host answered what is no row: ${JSON.stringify(line)}`);
  return { origin, kind, name, key, from, to };
}

/** A release by as many digits as are enough for `release:` in a stack file. */
export const short = (text: string): string =>
  text.replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, (_all, first: string) => first);

/**
 * One row in the words that preview, `up` and the host's log have in common; `files/host/words.sh` says the same.
 * @example words(row) // file /etc/shop.conf mode 0666 → 0640
 */
export function words({ origin, kind, name, key, from, to }: Row): string {
  const item = `${kind} ${short(name)}`;
  if (origin === 'new' || origin === 'gone') return item;
  if (origin === 'foreign') return `${item} ${from}`;
  if (key === 'type') return `${item} ${from}, not ${kind}`;
  if (key === 'sha256') return `${item} content`;
  return `${item} ${key === 'state' ? '' : `${key} `}${short(from) || 'none'} → ${short(to) || 'none'}`;
}

/** A row as the preview has it: `! file /etc/shop.conf mode 0666 → 0640 (drift)`. */
export const sentence = (row: Row): string => `${signs[row.origin]} ${words(row)} (${row.origin})`;
