/**
 * Hostile values and archives, as many as there is time for, repeatable:
 *
 *     npm run fuzz -- --minutes 30               other ones each time
 *     npm run fuzz -- --seed 7 --rounds 1        what a fault said
 */
import { options } from '../../tools/lib/options.ts';
import { fuzz, summary } from './rounds.ts';

const { values } = options('npm run fuzz -- [--minutes 1] [--seed 7] [--rounds 1]', {
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    rounds: { type: 'string' },
  },
});
const score = await fuzz({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  rounds: values.rounds === undefined ? Number.POSITIVE_INFINITY : Number(values.rounds),
});
console.log(summary(score));
process.exitCode = score.faults.length === 0 ? 0 : 1;
