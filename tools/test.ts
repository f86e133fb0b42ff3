/**
 * `npm test`: the quick checks, then the scenarios on real Debian hosts, one file after another.
 *
 *     npm test                       everything
 *     npm test -- rollout drift      the scenarios alone whose file names contain one of the words
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
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

/** Runs a program to its end, in the clone, with this terminal; whether it did well. */
async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
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
const passed = await succeeds(process.execPath, [
  '--test',
  '--test-concurrency=1',
  ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
  ...[`--test-reporter=${root}/tools/minutes.ts`, '--test-reporter-destination=stdout'],
  ...scenarios,
]);
const left = await removeStaleHosts();
if (left.length > 0) print(`removed the hosts that were left: ${left.join(', ')}`);
if (!checked) print(red('the quick checks failed, see above the scenarios'));
process.exitCode = checked && passed ? 0 : 1;
