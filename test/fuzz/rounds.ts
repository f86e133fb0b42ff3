/** Rounds of the fuzzer: each begins with a seed of its own, so that it can be repeated alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Random, seeded } from '../harness/random.ts';
import { tryArchive } from './archives.ts';
import { trySettings } from './settings.ts';
import { tryValues } from './values.ts';

type Given = { seconds: number; seed: number; rounds?: number };

export type Score = {
  seed: number;
  rounds: number;
  /** How often each kind was taken, and arrived; the others were refused where they stood. */
  taken: Record<string, number>;
  faults: string[];
};

const kinds: Readonly<Record<string, (random: Random) => boolean | Promise<boolean>>> = {
  values: tryValues,
  settings: trySettings,
  archives: tryArchive,
};

/** Tries each kind once a round, until the time or the rounds are over, in a directory that goes with it. */
export async function fuzz({
  seconds,
  seed,
  rounds = Number.POSITIVE_INFINITY,
}: Given): Promise<Score> {
  const score: Score = { seed, rounds: 0, taken: {}, faults: [] };
  const started = process.cwd();
  const scratch = mkdtempSync(join(tmpdir(), 'keelson-fuzz-'));
  process.chdir(scratch);
  try {
    for (
      const end = Date.now() + seconds * 1000;
      Date.now() < end && score.rounds < rounds;
      score.rounds += 1
    )
      for (const [kind, attempt] of Object.entries(kinds)) {
        const own = seed + score.rounds;
        try {
          if (await attempt(seeded(own))) score.taken[kind] = (score.taken[kind] ?? 0) + 1;
        } catch (error) {
          const fault = `${kind}, --seed ${own} --rounds 1: ${(error as Error).message}`;
          score.faults.push(JSON.stringify(fault.slice(0, 2000)));
        }
      }
  } finally {
    process.chdir(started);
    rmSync(scratch, { recursive: true });
  }
  return score;
}

export const summary = ({ seed, rounds, taken, faults }: Score): string =>
  [
    `fuzz: seed ${seed}, ${rounds} rounds, ${JSON.stringify(taken)} arrived to the byte, the others were refused where they stood; ${faults.length} faults`,
    ...faults.map((fault) => `  ${fault}`),
  ].join('\n');
