/**
 * Benchmarks: how long runs on Debian hosts in containers take, beside an empty Pulumi program.
 *
 *     npm run bench                          one host
 *     npm run bench -- --hosts 1,10,50       so many in one stack, one number after another
 *     npm run bench -- --runs 9 --json       nine runs of each, as JSON
 *     npm run bench -- rollout               see rollout.ts
 *
 * They are no tests: the figures tell of this machine, and of what else it did at the time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { options } from '../../tools/options.ts';
import { SandboxError } from '../../tools/sandbox/process.ts';
import { faint, going, print, red } from '../../tools/terminal.ts';
import { manyHosts } from './many.ts';
import { oneHost, type Result } from './one.ts';
import { table } from './stopwatch.ts';

const usage = 'npm run bench -- [rollout] [--hosts 1,10,50] [--runs 3] [--json]';
const [first, ...rest] = process.argv.slice(2);
try {
  await (first === 'rollout' ? rollout(rest) : bench());
} catch (error) {
  if (!(error instanceof SandboxError)) throw error;
  console.error(red(error.message));
  process.exitCode = 1;
}

async function rollout(args: readonly string[]): Promise<void> {
  const script = join(import.meta.dirname, 'rollout.ts');
  const [code] = await once(
    spawn(process.execPath, [script, ...args], { stdio: 'inherit' }),
    'close',
  );
  process.exitCode = code ?? 1;
}

async function bench(): Promise<void> {
  const { values } = options(usage, {
    options: {
      hosts: { type: 'string', default: '1' },
      runs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  const [runs = 0] = counts(values.runs);
  const numbers = counts(values.hosts);
  const say = values.json ? () => {} : print;
  const during = values.json ? () => {} : going;
  const load = loadavg()[0]?.toFixed(1);
  say(
    `Node.js ${process.version}, ${availableParallelism()} processors, load ${load}; ${runs === 1 ? 'one run' : `${runs} runs`} of each`,
  );
  const results: Result[] = [];
  const tell = (result: Result): void => {
    results.push(result);
    for (const line of lines(result)) say(line);
  };
  during('1 host');
  await oneHost(runs, async (one, host) => {
    tell(one);
    for (const number of numbers.filter((number) => number > 1)) {
      during(`${number} hosts`);
      tell(await manyHosts(host, number, runs));
    }
  });
  if (values.json) console.log(JSON.stringify(results, undefined, 2));
}

/** Reads whole numbers with commas between them. */
function counts(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number > 0)) return numbers;
  throw new SandboxError(`${text}: not a number, nor numbers with commas.`, `Usage: ${usage}`);
}

function lines({ hosts, figures, remarks }: Result): string[] {
  return [
    '',
    ...table(hosts === 1 ? '1 host' : `${hosts} hosts`, figures),
    ...remarks.map((remark) => `${faint('·')} ${remark}`),
  ];
}
