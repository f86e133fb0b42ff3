/**
 * Chaos: damages a real host at random and holds the kit to repairing it exactly.
 *
 *     npm run chaos -- --rounds 100 --seed 7              as many rounds as one likes, repeatable
 *     npm run chaos -- --rounds 3 --only 'the service'    only mutations whose name fits
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type SandboxHost, withHost } from '../harness/host.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import { newStack, type Stack } from '../harness/stack.ts';
import { seeded } from './random.ts';
import { deal, draw, idle, type Outcome, round, size, sound, words } from './rounds.ts';
import { addUnmanaged, keepOtherRelease } from './scenario.ts';

export type Options = {
  rounds: number;
  seed: number;
  only?: string;
  release?: 'bookworm' | 'trixie';
};

export type Score = {
  mutations: number;
  detected: number;
  repaired: number;
  /** Things named, changed or left that nobody had damaged. */
  false: number;
};

/** Runs so many rounds on a host of its own; says what went wrong in which, and ends with the score. */
export async function chaos(
  { rounds, seed, only = '', release = 'trixie' }: Options,
  say: (line: string) => void,
): Promise<Score> {
  return await withHost({ release }, async (host) => {
    const stack = await chaosStack(host);
    try {
      const score: Score = { mutations: 0, detected: 0, repaired: 0, false: 0 };
      const random = seeded(seed);
      const deck = deal(random, new RegExp(only));
      const { before, all } = await sound(host);
      for (const name of idle(all, new RegExp(only))) throw new Error(`nothing here for: ${name}`);
      for (let number = 1; number <= rounds; number++) {
        const outcome = await round(stack, before, draw(random, deck, all, size(random)), all);
        count(score, outcome);
        say(
          report(
            number,
            outcome,
            `--rounds ${number} --seed ${seed}${only && ` --only '${only}'`}`,
          ),
        );
      }
      return score;
    } finally {
      rmSync(stack.directory, { recursive: true, force: true });
    }
  });
}

/** A stack whose host has everything that can be damaged. */
export async function chaosStack(host: SandboxHost): Promise<Stack> {
  const stack = await newStack([host], {});
  stack.configure(config(writeCode(codeOf(stack))));
  await stack.setSecret('shop.TOKEN', 'a "secret" $word');
  await stack.up();
  await keepOtherRelease(host);
  await addUnmanaged(host);
  return stack;
}

function count(score: Score, { damages, undetected, wrong, left }: Outcome): void {
  score.mutations += damages.length;
  score.detected += damages.length - Math.min(damages.length, undetected.length);
  score.repaired += left.length === 0 ? damages.length : 0;
  score.false += wrong.length + (damages.length === 0 ? left.length : 0);
}

function report(number: number, { damages, ...found }: Outcome, repeat: string): string {
  const what = damages.length === 0 ? ['nothing'] : damages.map(words);
  const faults = [
    ...found.undetected.map((name) => `not named by the preview: ${name}`),
    ...found.wrong,
    ...found.left.map((difference) => `left: ${difference}`),
  ];
  const verdict = faults.length === 0 ? 'ok' : 'FAILED';
  const lines = [`round ${number} ${verdict}`, ...what.map((line) => `  ${line}`)];
  if (faults.length > 0)
    lines.push(...faults.map((line) => `    ✗ ${line}`), `    again: npm run chaos -- ${repeat}`);
  return lines.join('\n');
}

export const summary = (score: Score): string =>
  `chaos: ${score.mutations} mutations, ${score.detected} detected, ${score.repaired} repaired, ${score.false} false`;

export const isPerfect = (score: Score): boolean =>
  score.detected === score.mutations && score.repaired === score.mutations && score.false === 0;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      only: { type: 'string' },
      release: { type: 'string', default: 'trixie' },
    },
  });
  const { rounds, seed, only, release } = values;
  console.log(`chaos: ${rounds} rounds, seed ${seed}, Debian ${release}`);
  const options = { rounds: Number(rounds), seed: Number(seed), release: release as 'trixie' };
  const score = await chaos({ ...options, ...(only && { only }) }, console.log);
  console.log(summary(score));
  process.exitCode = isPerfect(score) ? 0 : 1;
}
