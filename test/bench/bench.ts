/**
 * Benchmarks: how long runs on Debian hosts in containers take, beside an empty Pulumi program.
 *
 *     npm run bench                          one host
 *     npm run bench -- --hosts 1,10,50       so many in one stack, one number after another
 *     npm run bench -- --runs 9 --json       nine runs of each, as JSON
 *     npm run bench -- --markdown            writes the tables of docs/performance.md
 *     npm run bench -- rollout               see rollout.ts
 *     npm run bench -- cost                  see cost.ts
 *
 * They are no tests: the figures tell of this machine, and of what else it did at the time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { ErrorWithRemedy } from '../../tools/lib/error.ts';
import { options } from '../../tools/lib/options.ts';
import { faint, going, print, red } from '../../tools/lib/terminal.ts';
import { manyHosts } from './many.ts';
import { writeTables } from './markdown.ts';
import { oneHost, type Result } from './one.ts';
import { multiple, names, table } from './stopwatch.ts';

const usage =
  'npm run bench -- [rollout | cost] [--hosts 1,10,50] [--runs 3] [--json | --markdown]';
const [first, ...rest] = process.argv.slice(2);
try {
  await (first === 'rollout' || first === 'cost' ? other(first, rest) : bench());
} catch (error) {
  if (!(error instanceof ErrorWithRemedy)) throw error;
  console.error(red(error.message));
  process.exitCode = 1;
}

async function other(name: string, args: readonly string[]): Promise<void> {
  const script = join(import.meta.dirname, `${name}.ts`);
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
      markdown: { type: 'boolean', default: false },
    },
  });
  const [runs = 0] = counts(values.runs);
  const numbers = counts(values.hosts);
  const say = values.json ? () => {} : print;
  const during = values.json ? () => {} : going;
  const load = loadavg()[0]?.toFixed(1);
  const machine = `Node.js ${process.version}, ${availableParallelism()} processors, load ${load} before; ${runs === 1 ? 'one run' : `${runs} runs`} of each`;
  say(machine);
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
  if (values.markdown) writeTables(results, machine);
  // Last, for people and programs; not among JSON.
  say(`\n${summary(results)}`);
}

/** Reads whole numbers with commas between them. */
function counts(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number > 0)) return numbers;
  throw new ErrorWithRemedy(`${text}: not a number, nor numbers with commas.`, `Usage: ${usage}`);
}

/** `first 5.0×, no-op 1.7×, preview 1.7×, setting 2.5×, repair 2.5×; 10 connections, 2000 processes on the host` */
function summary([one]: readonly Result[]): string {
  if (!one?.counts) return '';
  const ratio = (title: string, name: string) =>
    `${title} ${multiple(one.figures, name).toFixed(2)}×`;
  const ratios = [
    ...[ratio('first', names.first), ratio('no-op', names.noop), ratio('preview', names.preview)],
    ...[ratio('setting', names.setting), ratio('repair', names.repair)],
  ];
  const { connections, processes } = one.counts;
  return `${ratios.join(', ')}; ${connections} connections, ${processes} processes on the host`;
}

function lines({ hosts, figures, remarks }: Result): string[] {
  return [
    '',
    ...table(hosts === 1 ? '1 host' : `${hosts} hosts`, figures),
    ...remarks.map((remark) => `${faint('·')} ${remark}`),
  ];
}
