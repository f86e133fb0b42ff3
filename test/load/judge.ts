/** What came of a load: the app's own record of what it did, held against what its clients saw. */
import type { Figures } from './load.ts';

export type Judgement = {
  sent: number;
  answered: number;
  failed: number;
  /** POSTs that were answered, and that the app did not do. */
  lost: number;
  /** POSTs that the app did more than once. */
  doubled: number;
  /** Answered POSTs by release. */
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
  const tallies = Object.values(figures.tallies);
  const sum = (of: (tally: (typeof tallies)[number]) => number) =>
    tallies.reduce((all, it) => all + of(it), 0);
  return {
    sent: sum(({ sent }) => sent),
    answered: sum(({ answered }) => answered),
    failed: sum(({ failed }) => Object.values(failed).reduce((all, count) => all + count, 0)),
    lost: figures.recorded.filter((id) => !done.has(id)).length,
    doubled: [...done.values()].filter((times) => times > 1).length,
    releases,
  };
}

/** The figures as a table, a line for each kind of client. */
export function table(figures: Figures): string {
  const rows = Object.entries(figures.tallies).map(
    ([kind, { sent, answered, failed, slowest }]) => {
      const failures = Object.entries(failed).map(([reason, count]) => `${count} × ${reason}`);
      const numbers = [
        sent,
        answered,
        failures.length === 0 ? '0' : failures.join(', '),
        `${Math.round(slowest)} ms`,
      ];
      return [kind.padEnd(20), ...numbers.map((it) => String(it).padStart(9))].join(' ');
    },
  );
  const head = ['', 'sent', 'answered', 'failed', 'slowest'].map((it, index) =>
    index ? it.padStart(9) : it.padEnd(20),
  );
  return [head.join(' '), ...rows].join('\n');
}
