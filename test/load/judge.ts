/** What came of a load: the app's own record of what it did, held against what its clients saw. */
import type { Tally } from './clients.ts';
import type { Figures } from './load.ts';

export type Judgement = {
  sent: number;
  answered: number;
  failed: number;
  /** Requests that change something and were answered, and that the app did not do. */
  lost: number;
  /** Such requests that the app did more than once, by two releases or by one. */
  doubled: number;
  /** What the app did, by release. */
  releases: Record<string, number>;
};

/** @param record lines of `ID RELEASE PORT`, as the sample app writes them. */
export function judge(figures: Figures, record: string): Judgement {
  const done = new Map<string, number>();
  const releases: Record<string, number> = {};
  for (const line of record.split('\n').filter(Boolean)) {
    const [id = '', release = ''] = line.split(' ');
    done.set(id, (done.get(id) ?? 0) + 1);
    releases[release] = (releases[release] ?? 0) + 1;
  }
  const { sent, answered, failed } = total(figures);
  return {
    ...{ sent, answered },
    failed: Object.values(failed).reduce((all, count) => all + count, 0),
    lost: figures.recorded.filter((id) => !done.has(id)).length,
    doubled: [...done.values()].filter((times) => times > 1).length,
    releases,
  };
}

/** What clients of all kinds went through. */
function total({ tallies }: Figures): Tally {
  const sum: Tally = { sent: 0, answered: 0, failed: {}, slowest: 0 };
  for (const { sent, answered, failed, slowest } of Object.values(tallies)) {
    sum.sent += sent;
    sum.answered += answered;
    sum.slowest = Math.max(sum.slowest, slowest);
    for (const [reason, count] of Object.entries(failed))
      sum.failed[reason] = (sum.failed[reason] ?? 0) + count;
  }
  return sum;
}

const failures = ({ failed }: Tally): string =>
  Object.entries(failed)
    .map(([reason, count]) => `${count} × ${reason}`)
    .join(', ') || '0';

/** Columns as wide as they must be, the first to the left. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => (column ? cell.padStart(width(column)) : cell.padEnd(width(column))))
      .join('  ')
      .trimEnd(),
  );
}

/** The figures as a table, a line for each kind of client. */
export function table(figures: Figures): string {
  const head = ['', 'sent', 'answered', 'slowest', 'failed'];
  const row = (kind: string, tally: Tally) => {
    const { sent, answered, slowest } = tally;
    return [kind, String(sent), String(answered), `${Math.round(slowest)} ms`, failures(tally)];
  };
  const rows = Object.entries(figures.tallies).map(([kind, tally]) => row(kind, tally));
  return aligned([head, ...rows, row('all', total(figures))]).join('\n');
}

/** What the same kinds of clients went through with one and with another, beside each other. */
export function compared(all: Readonly<Record<string, Figures>>): string[] {
  const columns = Object.entries(all);
  const head = ['', ...columns.flatMap(([name]) => [`${name}: sent`, 'slowest', 'failed'])];
  const row = (kind: string, of: (figures: Figures) => Tally | undefined) => [
    kind,
    ...columns.flatMap(([, figures]) => {
      const tally = of(figures);
      return tally
        ? [String(tally.sent), `${Math.round(tally.slowest)} ms`, failures(tally)]
        : ['', '', ''];
    }),
  ];
  const kinds = [...new Set(columns.flatMap(([, { tallies }]) => Object.keys(tallies)))];
  return aligned([
    head,
    ...kinds.map((kind) => row(kind, ({ tallies }) => tallies[kind])),
    row('all', total),
  ]);
}
