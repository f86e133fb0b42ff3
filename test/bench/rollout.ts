/**
 * Rollouts under load, and `pm2 reload` of the same app in cluster mode under the same load, both
 * behind the same nginx on the same host:
 *
 *     npm run bench -- rollout                 five of each
 *     npm run bench -- rollout --rounds 20 --rate 800 --connections 100
 *
 * It prints what every kind of client went through, and how long a rollout took.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { print } from '../../tools/terminal.ts';
import { type SandboxHost, withHost } from '../harness/host.ts';
import { release, type Stack } from '../harness/stack.ts';
import { judge, table } from '../load/judge.ts';
import { startLoad } from '../load/load.ts';
import { reloadPm2, startPm2, stopPm2 } from './pm2.ts';
import { config, withStack } from './stacks.ts';
import { median, seconds, timed } from './stopwatch.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '300' },
    connections: { type: 'string', default: '50' },
  },
});
const rounds = Number(values.rounds);
const load = { rate: Number(values.rate), connections: Number(values.connections) };

const rollout = { drain: '8s', start: '20s', watch: '1s' };

function configure(stack: Stack, mark: string): void {
  const source = release(stack, mark);
  stack.configure(config({ app: { source, domains: ['default'], instances: 2, rollout } }));
}

type Way = { name: string; port: number; record: string; round: (number: number) => Promise<void> };

/** One way of releasing, again and again under load. */
async function show(host: SandboxHost, { name, port, record, round }: Way): Promise<void> {
  const running = await startLoad({ url: `http://${host.address}:${port}`, ...load });
  await sleep(2000);
  const took: number[] = [];
  for (let number = 0; number < rounds; number++) {
    took.push(await timed(() => round(number)));
    await sleep(1000);
  }
  const figures = await running.stop();
  const { sent, failed, lost, doubled } = judge(figures, await host.exec(`cat ${record}`));
  const share = ((100 * failed) / sent).toFixed(3);
  print();
  print(
    `${name}, ${rounds} times in ${figures.seconds.toFixed(0)} s; median ${seconds(median(took))}`,
  );
  for (const line of table(figures).split('\n')) print(`  ${line}`);
  print(
    `  ${failed} of ${sent} requests failed (${share} %), ${lost} POSTs lost, ${doubled} doubled`,
  );
}

await withHost({ cpus: 2 }, (host) =>
  withStack([host], async (stack) => {
    configure(stack, 'start');
    await stack.up();
    await show(host, {
      name: 'Keelson: pulumi up with a new release',
      port: 80,
      record: '/srv/hello/uploads/record.txt',
      round: async (number) => {
        configure(stack, `round-${number}`);
        await stack.up();
      },
    });
    const app = join(stack.directory, 'pm2', 'app');
    cpSync(release(stack, 'pm2'), app, { recursive: true });
    await startPm2(host, app);
    await show(host, {
      name: 'PM2: pm2 reload in cluster mode',
      port: 8080,
      record: '/srv/pm2/uploads/record.txt',
      round: () => reloadPm2(host),
    });
    await stopPm2(host);
  }),
);
