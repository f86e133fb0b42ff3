/**
 * Releases under load, good ones, bad ones of every kind and ones whose connection is cut; then
 * `pm2 reload` of the same app in cluster mode, as often, under the same load, behind the same nginx
 * on the same host:
 *
 *     npm run bench -- rollout                     ten releases of each
 *     npm run bench -- rollout --releases 50 --rate 800 --connections 100
 *
 * It prints what every kind of client went through with each, and how long a release took. The exit
 * code is 1 when a rollout cost a request, or ended otherwise than it should.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { said } from '../../tools/lib/pulumi-run.ts';
import { faint, print, red } from '../../tools/lib/terminal.ts';
import { type DebianHost, withHost } from '../harness/host.ts';
import { type Failure, release, type Stack } from '../harness/stack.ts';
import { cutUp } from '../load/cut.ts';
import { compared, type Judgement, judge } from '../load/judge.ts';
import { type Figures, startLoad } from '../load/load.ts';
import { reloadPm2, startPm2, stopPm2 } from './pm2.ts';
import { config, withStack } from './stacks.ts';
import { median, seconds, timed } from './stopwatch.ts';

const { values } = parseArgs({
  options: {
    releases: { type: 'string', default: '10' },
    rate: { type: 'string', default: '300' },
    connections: { type: 'string', default: '50' },
  },
});
const releases = Number(values.releases);
const load = { rate: Number(values.rate), connections: Number(values.connections) };
for (const [name, value] of Object.entries({ releases, ...load }))
  if (!(value >= 1)) throw new Error(`--${name} takes a number of at least 1`);

type Round = 'good' | 'cut' | Failure;

/** Every kind in ten releases, and a good one after each two that are not. */
const rounds: readonly Round[] = [
  ...(['good', 'exit', 'error', 'good', 'cut', 'hang'] as const),
  ...(['wrong-port', 'memory', 'late', 'second'] as const),
];

const titles: Record<Round, string> = {
  good: 'a good release',
  cut: 'a good one, whose connection is cut, and the next up',
  exit: 'one that exits',
  error: 'one that answers 500',
  hang: 'one that hangs',
  'wrong-port': 'one that listens on another port',
  memory: 'one that runs out of memory',
  late: 'one that is healthy at first',
  second: 'one that exits on the second instance',
};

const kindOf = (number: number): Round => rounds[number % rounds.length] as Round;

const isGood = (round: Round): boolean => round === 'good' || round === 'cut';

function configure(stack: Stack, mark: string, round: Round): void {
  const source = release(stack, mark, isGood(round) ? undefined : (round as Failure));
  const rollout = { drain: '8s', start: isGood(round) ? '20s' : '6s', watch: '1s' };
  const limit = round === 'memory' ? { nodeArgs: ['--max-old-space-size=48'] } : {};
  stack.configure(
    config({ app: { source, domains: ['default'], instances: 2, rollout, ...limit } }),
  );
}

/** One release; complains when it comes to another end than it should. */
async function releaseOnce(stack: Stack, number: number, round: Round): Promise<void> {
  configure(stack, `${number}-${round}`, round);
  if (round === 'cut') await cutUp(stack, 'hello');
  const run = await stack.try('up');
  if ((run.code === 0) === isGood(round)) return;
  process.exitCode = 1;
  print(red(`release ${number}, ${titles[round]}: exit code ${run.code}\n${said(run)}`));
}

type Way = {
  name: (number: number) => string;
  port: number;
  record: string;
  round: (number: number) => Promise<void>;
};

type Shown = { figures: Figures; judgement: Judgement; took: number[] };

/** One way of releasing, again and again under load. */
async function measure(host: DebianHost, { name, port, record, round }: Way): Promise<Shown> {
  const running = await startLoad({ url: `http://${host.address}:${port}`, ...load });
  await sleep(2000);
  const took: number[] = [];
  for (let number = 0; number < releases; number++) {
    took.push(await timed(() => round(number)));
    print(faint(`  ${name(number)}: ${seconds(took.at(-1) as number)}`));
    await sleep(1000);
  }
  const figures = await running.stop();
  return { figures, took, judgement: judge(figures, await host.exec(`cat ${record}`)) };
}

function tellTimes(took: readonly number[]): void {
  const width = Math.max(...Object.values(titles).map(({ length }) => length));
  for (const round of Object.keys(titles) as Round[]) {
    const own = took.filter((_, number) => kindOf(number) === round);
    if (own.length === 0) continue;
    print(
      `  ${titles[round].padEnd(width)}  ${String(own.length).padStart(3)} ×  ${seconds(median(own)).padStart(8)}`,
    );
  }
}

const verdict = ({ sent, failed, lost, doubled }: Judgement): string =>
  `${failed} of ${sent} requests failed (${((100 * failed) / sent).toFixed(3)} %), ${lost} lost, ${doubled} done twice`;

async function keelson(host: DebianHost, stack: Stack): Promise<Shown> {
  configure(stack, 'start', 'good');
  await stack.up();
  return await measure(host, {
    name: (number) => `${number + 1} of ${releases}, ${titles[kindOf(number)]}`,
    port: 80,
    record: '/srv/hello/uploads/record.txt',
    round: (number) => releaseOnce(stack, number, kindOf(number)),
  });
}

async function pm2(host: DebianHost, stack: Stack): Promise<Shown> {
  const app = join(stack.directory, 'pm2', 'app');
  cpSync(release(stack, 'pm2'), app, { recursive: true });
  await startPm2(host, app);
  const shown = await measure(host, {
    name: (number) => `${number + 1} of ${releases}, pm2 reload`,
    port: 8080,
    record: '/srv/pm2/uploads/record.txt',
    round: () => reloadPm2(host),
  });
  await stopPm2(host);
  return shown;
}

await withHost({ cpus: 2 }, (host) =>
  withStack([host], async (stack) => {
    print(
      `${load.rate} requests a second over ${load.connections} connections, and clients of each kind beside them`,
    );
    const ours = await keelson(host, stack);
    print();
    print(`Keelson: pulumi up, ${releases} times in ${ours.figures.seconds.toFixed(0)} s`);
    tellTimes(ours.took);
    print();
    const theirs = await pm2(host, stack);
    print();
    print(
      `PM2: pm2 reload of a good release, ${releases} times in ${theirs.figures.seconds.toFixed(0)} s; median ${seconds(median(theirs.took))}`,
    );
    print();
    for (const line of compared({ Keelson: ours.figures, PM2: theirs.figures })) print(line);
    print();
    print(`Keelson: ${verdict(ours.judgement)}`);
    print(`PM2:     ${verdict(theirs.judgement)}`);
    const { failed, lost, doubled } = ours.judgement;
    if (failed + lost + doubled > 0) process.exitCode = 1;
  }),
);
