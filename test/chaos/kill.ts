/**
 * Interruptions: cuts an `up` short in every way at random moments, and holds the kit to two promises:
 * nobody ever sees half a file or one with a wider mode, and the next `up` converges. Whatever changed is in
 * the host's log then, and nothing that a run worked with is left.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Release } from '../../tools/container/base.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { hostLog } from '../harness/on-host.ts';
import { withProvisionedHost } from '../harness/provisioned.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import { changed, type Stack, type StackConfig } from '../harness/stack.ts';
import { type Options, play } from './game.ts';
import { type Interruption, interruptions } from './interruptions.ts';
import { targets } from './scenario.ts';
import { sightings, watch } from './watch.ts';

const secret = (generation: number): string => `hunter-${generation}-${'x'.repeat(4000)}`;

/** Another wish for everything: code, environment, units, site, checks, kernel, accounts. */
async function wish(stack: Stack, generation: number): Promise<void> {
  const source = writeCode(`${codeOf(stack)}-${generation}`, String(generation));
  const base = config(source) as { server: object; apps: { shop: object } };
  const odd = generation % 2 === 1;
  const wanted: StackConfig = {
    server: {
      ...base.server,
      timezone: odd ? 'Asia/Tokyo' : 'Europe/Berlin',
      sysctl: { 'net.ipv4.tcp_fin_timeout': odd ? 30 : 45 },
      nginx: { connections: odd ? 2048 : 4096 },
      monit: { interval: '5m', disk: odd ? '80%' : '90%' },
    },
    apps: {
      shop: {
        ...base.apps.shop,
        bodySize: odd ? '1M' : '2M',
        memory: odd ? '512M' : '600M',
        env: { GENERATION: String(generation) },
      },
    },
  };
  stack.configure(wanted);
  await stack.setSecret('shop.TOKEN', secret(generation));
}

/** Paths of the files that the kit manages. */
const files = async (host: DebianHost): Promise<string[]> =>
  (await targets(host)).filter(({ item }) => item.kind === 'file').map(({ item }) => item.name);

async function round(
  stack: Stack,
  host: DebianHost,
  interruption: Interruption,
  delay: number,
): Promise<string[]> {
  const paths = await files(host);
  const before = await sightings(host, paths);
  const log = await hostLog(host);
  await interruption.before?.(host);
  const watching = watch(host, paths);
  const running = stack.start('up');
  const struck = sleep(delay).then(() => interruption.strike?.(host, running));
  const cut = await running.ended;
  await struck;
  await interruption.after?.(host);
  await stack.unlock();
  const converged = await stack.try('up');
  const seen = await watching.stop();
  const after = await sightings(host, paths);
  const again = await stack.try('up');
  const logged = (await hostLog(host)).slice(log.length).join('\n');
  const words = said(cut);
  return [
    ...[...seen].filter((it) => !before.has(it) && !after.has(it)).map((it) => `seen: ${it}`),
    ...(interruption.says && (cut.code === 0 || !interruption.says.test(words))
      ? [`up did not say ${interruption.says}: ${words}`]
      : []),
    ...(words.includes('hunter-') ? [`up told a secret: ${words}`] : []),
    ...(converged.code === 0 ? [] : [`the next up failed: ${said(converged)}`]),
    ...(again.code === 0 ? [] : [`the up after it failed: ${said(again)}`]),
    ...changed(again).map((name) => `the up after it: ${name}: ${said(again)}`),
    ...[...after]
      .filter((it) => !before.has(it))
      .map((it) => `file ${it.split(' ')[0]}`)
      .concat('setting timezone')
      .filter((name) => !logged.includes(` ${name} `))
      .map((name) => `the log does not tell of ${name}: ${logged}`),
    ...(logged.match(/ drift .*/g) ?? [])
      .filter((line) => !interruption.drift?.test(line))
      .map((line) => `the log takes for drift: ${line}`),
    ...(await leftovers(host)).map((path) => `left: ${path}`),
  ];
}

/** What a run works with, and takes away when it ends or the next one begins. */
const leftovers = async (host: DebianHost): Promise<string[]> =>
  (
    await host.exec(
      `find /run/keelson /var/lib/keelson/pending -mindepth 1 ! -path '/run/keelson/begun*' ! -path '/run/keelson/watched*'; find /etc /srv /usr/local/sbin -name '.keelson.*' -o -name 'keelson.*.dpkg-new' -o -name '*.keelson-new'`,
    )
  )
    .split('\n')
    .filter(Boolean);

/** Runs so many rounds on a host of its own, each kind of interruption in turn; returns all faults. */
export async function kill(
  { release = 'trixie', ...options }: Options & { release?: Release },
  say: (line: string) => void,
): Promise<string[]> {
  return await withProvisionedHost({ release, diskMegabytes: 2000 }, async ({ host, stack }) => {
    const began = performance.now();
    await wish(stack, 1);
    await stack.up();
    const usual = performance.now() - began;
    return await play(
      options,
      interruptions,
      'kill ',
      async (deck, random, number) => {
        const interruption = deck.next().value;
        const delay = Math.round(random() * usual);
        await wish(stack, number + 1);
        const faults = await round(stack, host, interruption, delay);
        return { what: [`${interruption.name}, after ${delay} ms`], faults };
      },
      say,
    );
  });
}
