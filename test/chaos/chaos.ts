/**
 * Chaos, as many rounds of it as one likes, repeatable:
 *
 *     npm run chaos -- --rounds 100 --seed 7              damages a host, and holds the kit to repairing it exactly
 *     npm run chaos -- --rounds 3 --only 'the service'    only damages whose name fits
 *     npm run chaos -- kill --rounds 50                   cuts an `up` short at random moments
 */

import { releases } from '../../tools/container/base.ts';
import { options } from '../../tools/lib/options.ts';
import { damage, isPerfect, summary } from './damage.ts';
import { interruptions } from './interruptions.ts';
import { kill } from './kill.ts';

const { values, positionals } = options(
  'npm run chaos -- [kill] [--rounds 100] [--seed 7] [--only WORDS] [--release trixie]',
  {
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      only: { type: 'string', default: '' },
      release: { type: 'string', default: 'trixie' },
    },
  },
);
const isKill = positionals[0] === 'kill';
const rounds = Number(values.rounds ?? (isKill ? interruptions.length : 100));
const given = { rounds, seed: Number(values.seed), only: values.only };
const release = releases.find((known) => known === values.release) ?? 'trixie';
console.log(`chaos: ${rounds} rounds, seed ${given.seed}, Debian ${release}`);
if (isKill) {
  const faults = await kill({ ...given, release }, console.log);
  console.log(`chaos: an up cut short ${rounds} times, ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} else {
  const score = await damage({ ...given, release }, console.log);
  console.log(summary(score));
  process.exitCode = isPerfect(score) ? 0 : 1;
}
