/**
 * `npm test`: the quick checks, then the scenarios on real Debian hosts, most of them two files at a time.
 *
 *     npm test                       everything
 *     npm test -- rollout drift      the scenarios alone whose file names contain one of the words
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { root } from './pulumi.ts';
import { removeStaleHosts } from './sandbox/cleanup.ts';
import { checkMachine } from './sandbox/requirements.ts';
import { setUp } from './setup.ts';
import { print, red } from './terminal.ts';

const words = process.argv.slice(2);
const all = globSync('test/scenarios/**/*.test.ts', { cwd: root }).sort();
const scenarios = all.filter(
  (file) => words.length === 0 || words.some((word) => basename(file).includes(word)),
);

/** Counts requests under load: nothing else is to take the processors from it. */
const isAlone = (file: string): boolean => basename(file) === 'rollout.test.ts';

/** Runs a program to its end, in the clone, with this terminal; whether it did well. */
async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}

/** Runs scenarios, so many files at a time, since they wait a lot: for boots, packages, checks, connections. */
async function tryOut(files: readonly string[], together: number): Promise<boolean> {
  const reporters = ['spec', `${root}/tools/minutes.ts`].flatMap((reporter) => [
    `--test-reporter=${reporter}`,
    '--test-reporter-destination=stdout',
  ]);
  const args = ['--test', `--test-concurrency=${together}`, ...reporters, ...files];
  return files.length === 0 || (await succeeds(process.execPath, args));
}

if (scenarios.length === 0) {
  const names = all.map((file) => basename(file, '.test.ts')).join(', ');
  print(red(`no scenario is named ${words.join(' or ')}; choose from ${names}`));
  process.exit(1);
}

try {
  await checkMachine();
} catch (error) {
  print(red((error as Error).message));
  process.exit(1);
}
setUp('--sandbox');

// The children get an interruption from the terminal too; what they leave is to be removed all the same.
process.on('SIGINT', () => {});

const checked = words.length > 0 || (await succeeds('sh', ['tools/check.sh']));
const tried = [
  await tryOut(
    scenarios.filter((file) => !isAlone(file)),
    Math.min(2, availableParallelism()),
  ),
  await tryOut(scenarios.filter(isAlone), 1),
];
const left = await removeStaleHosts();
if (left.length > 0) print(`removed the hosts that were left: ${left.join(', ')}`);
if (!checked) print(red('the quick checks failed, see above the scenarios'));
process.exitCode = checked && tried.every(Boolean) ? 0 : 1;
