/**
 * `npm test`: the quick checks, then the scenarios on real Debian hosts, most of them two files at a time.
 *
 *     npm test                       everything
 *     npm test -- rollout recovery   the scenarios alone whose file names contain one of the words
 *     npm test -- --both             on both releases of Debian also what else is tried on one of them
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { removeStaleHosts } from './container/cleanup.ts';
import { checkMachine } from './container/requirements.ts';
import { minutes } from './lib/minutes.ts';
import { root } from './lib/pulumi.ts';
import { allScenarios, nameOf, scenarios } from './lib/scenarios.ts';
import { setUp } from './lib/setup.ts';
import { print, red } from './lib/terminal.ts';

/** Runs a program to its end, in the clone, with this terminal; whether it did well. */
async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}

/**
 * Runs scenarios in this order, so many files at a time, since they wait a lot: for boots, packages, checks,
 * connections. Whether all did well.
 */
async function tryOut(files: readonly string[], concurrency: number): Promise<boolean> {
  if (files.length === 0) return true;
  let isGood = true;
  // Node.js's own command line runs files in the order of their names.
  const events = run({ files: [...files], cwd: root, concurrency });
  events.on('test:fail', () => {
    isGood = false;
  });
  const times = minutes(events);
  for await (const text of events.compose(new spec())) process.stdout.write(text);
  print(times());
  return isGood;
}

const words = process.argv.slice(2).filter((word) => word !== '--both');
if (process.argv.includes('--both')) process.env.KEELSON_TEST_BOTH = 'yes';
const chosen = scenarios(words);
if (chosen.unknown.length > 0) {
  const names = allScenarios().map(nameOf).sort().join(', ');
  print(red(`no scenario is named ${chosen.unknown.join(' or ')}; choose from ${names}`));
  process.exit(1);
}

try {
  await checkMachine();
} catch (error) {
  print(red((error as Error).message));
  process.exit(1);
}
setUp('--container');

// The children get an interruption from the terminal too; what they leave is to be removed all the same.
process.on('SIGINT', () => {});

const checked = words.length > 0 || (await succeeds('sh', ['tools/check.sh']));
const tried = [
  await tryOut(chosen.together, Math.min(2, availableParallelism())),
  await tryOut(chosen.alone, 1),
];
const left = await removeStaleHosts();
if (left.length > 0) print(`removed the hosts that were left: ${left.join(', ')}`);
if (!checked) print(red('the quick checks failed, see above the scenarios'));
process.exitCode = checked && tried.every(Boolean) ? 0 : 1;
