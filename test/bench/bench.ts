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
import { parseArgs } from 'node:util';
import { faint, print } from '../../tools/terminal.ts';
import { manyHosts } from './many.ts';
import { oneHost, type Result } from './one.ts';
import { type Figure, table } from './stopwatch.ts';

const [first, ...rest] = process.argv.slice(2);
if (first === 'rollout') await rollout(rest);
else await bench();

async function rollout(args: readonly string[]): Promise<void> {
  const script = join(import.meta.dirname, 'rollout.ts');
  const [code] = await once(
    spawn(process.execPath, [script, ...args], { stdio: 'inherit' }),
    'close',
  );
  process.exitCode = code ?? 1;
}

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      hosts: { type: 'string', default: '1' },
      runs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs);
  const numbers = values.hosts.split(',').map(Number);
  if (!(runs >= 1) || numbers.some((number) => !(number >= 1)))
    throw new Error(
      '--runs takes a number, --hosts numbers with commas between them: --hosts 1,10',
    );
  const say = values.json ? () => {} : print;
  say(
    `Node.js ${process.version}, ${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}; medians of ${runs} runs`,
  );
  const results: Result[] = [];
  const tell = (result: Result): void => {
    results.push(result);
    show(result, say);
  };
  await oneHost(runs, async (one, host) => {
    tell(one);
    for (const number of numbers.filter((number) => number > 1))
      tell(await manyHosts(host, number, runs));
  });
  if (values.json) console.log(JSON.stringify(results, undefined, 2));
}

function show({ hosts, figures, remarks }: Result, say: typeof print): void {
  const unit = figures.find(({ name }) => name.startsWith('empty program')) as Figure;
  say();
  say(`${hosts} ${hosts === 1 ? 'host' : 'hosts'}, as a multiple of the empty program's up:`);
  for (const line of table(figures, unit)) say(`  ${line}`);
  for (const remark of remarks) say(`  ${faint('·')} ${remark}`);
}
