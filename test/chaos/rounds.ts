/**
 * Rounds of chaos: damage, look, repair, compare.
 *
 * Each round holds the kit to four promises: the preview names what was damaged and nothing else,
 * `up` changes what the preview named, the host is back byte for byte, and a second `up` does nothing.
 */

import { type Run, said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, diffSnapshots, type Snapshot, traces } from '../harness/host.ts';
import { hostLog } from '../harness/on-host.ts';
import { picture } from '../harness/picture.ts';
import { integer, pick, type Random } from '../harness/random.ts';
import { changed, type Stack } from '../harness/stack.ts';
import { label, type Managed, type Mutation, mutations } from './mutations.ts';
import { type Target, targets } from './scenario.ts';

/** A mutation and what it befalls. */
export type Damage = { readonly mutation: Mutation; readonly target: Target };

export type Outcome = {
  readonly damages: readonly Damage[];
  /** What a preview did not name. */
  readonly undetected: readonly string[];
  /** What was named or changed without having been damaged. */
  readonly wrong: readonly string[];
  /** What is not as it was before. */
  readonly left: readonly string[];
};

const namesOf = ({ mutation, target }: Damage, all: Managed): string[] =>
  mutation.names?.(target.item, all) ?? [label(target.item)];

export const words = ({ mutation, target }: Damage): string =>
  `${label(target.item)}: ${mutation.name}`;

/** Mutations that nothing on the host can suffer: they would be passed over without a word. */
export const idle = (all: readonly Target[], only: RegExp): string[] =>
  mutations
    .filter(({ name }) => only.test(name))
    .filter(
      ({ befalls }) =>
        !all.some(({ item }) =>
          befalls(
            item,
            all.map((it) => it.item),
          ),
        ),
    )
    .map(({ name }) => name);

/** As many damages as fit together: none hides another. */
export function draw(
  random: Random,
  deck: Generator<Mutation, never>,
  all: readonly Target[],
  count: number,
): Damage[] {
  const drawn: Damage[] = [];
  const items = all.map(({ item }) => item);
  for (let n = 0; n < count; n++) {
    const mutation = deck.next().value;
    const fitting = all
      .filter(({ item }) => mutation.befalls(item, items))
      .map((target) => ({ mutation, target }))
      .filter((damage) => drawn.every((other) => fit(damage, other, items)));
    if (fitting.length > 0) drawn.push(pick(random, fitting));
  }
  return drawn;
}

function fit(a: Damage, b: Damage, all: Managed): boolean {
  const alone = [a.mutation.alone, b.mutation.alone];
  if (alone.includes('host')) return false;
  if (alone.includes('manifest') && a.target.manifest === b.target.manifest) return false;
  if (touchesUnits(a) && touchesUnits(b)) return false;
  if ((startsInstances(a) && hurtsCode(b)) || (startsInstances(b) && hurtsCode(a))) return false;
  return namesOf(a, all).every((name) => namesOf(b, all).every((other) => !overlap(name, other)));
}

/**
 * What starts services or makes systemd read its files has its effect on the others of this sort;
 * and a rollout has Monit watch again what it moved.
 */
const touchesUnits = ({ target: { item } }: Damage): boolean =>
  ['unit', 'rollout', 'instances', 'monitor', 'ruleset'].includes(item.kind) ||
  /^\/etc\/(systemd\/|monit\/|keelson\/shop)/.test(item.name);

/** What cannot start any more cannot be started wrongly either. */
const startsInstances = ({ target: { item } }: Damage): boolean =>
  ['rollout', 'instances'].includes(item.kind);
const hurtsCode = ({ target: { item } }: Damage): boolean => item.kind === 'tree';

const pathOf = (name: string): string => name.slice(name.indexOf(' ') + 1);

const overlap = (a: string, b: string): boolean =>
  `${pathOf(a)}/`.startsWith(`${pathOf(b)}/`) || `${pathOf(b)}/`.startsWith(`${pathOf(a)}/`);

/** One round on a host that is as `before`. Without damages it must find nothing. */
export async function round(
  stack: Stack,
  before: Snapshot,
  damages: readonly Damage[],
  all: readonly Target[],
): Promise<Outcome> {
  const [host] = stack.hosts as [DebianHost];
  const items = all.map(({ item }) => item);
  for (const { mutation, target } of damages) await host.exec(mutation.damage(target.item, items));
  const expected = new Set(damages.flatMap((damage) => namesOf(damage, items)));
  const preview = await stack.preview();
  const named = findings(preview);
  // What sshd has in the place of what stood there.
  if (damages.some(({ target }) => target.item.name === '/etc/ssh/sshd_config.d/10-keelson.conf'))
    for (const name of named) if (name.startsWith('sshd ')) expected.add(name);
  const log = await hostLog(host);
  const run = await stack.try('up');
  const logged = (await hostLog(host)).slice(log.length);
  const left = diffSnapshots(before, await picture(host), { ignore: traces });
  const again = await stack.try('up');
  return {
    damages,
    undetected: [...expected].filter((name) => !named.has(name)),
    wrong: [
      ...[...named].filter((name) => !expected.has(name)).map((name) => told(preview, name)),
      ...unlike(named, run),
      ...unlogged(run, logged),
      ...consequences(run, damages, all),
    ],
    left: [...failure(run), ...left, ...failure(again), ...changed(again), ...findings(again)],
  };
}

/** What a preview says of something that it should not name, in its own words. */
function told({ messages }: Run, name: string): string {
  const lines = messages.flatMap(({ text }) => text.split('\n'));
  return `preview names ${name}: ${lines.filter((line) => line.includes(name)).join('; ')}`;
}

const failure = (run: Run): string[] => (run.code === 0 ? [] : [`up failed: ${said(run)}`]);

/** What a run named as drifted, or as never applied, in the words of `label`. */
export function findings({ messages }: Run): Set<string> {
  const lines = messages.flatMap(({ text }) => text.split('\n'));
  return new Set(
    lines.flatMap((line) => {
      const [, sign, kind, name = ''] = /^([!~+-]) (\S+) ?(\S*)/.exec(line) ?? [];
      if (sign === undefined) return [];
      if (sign === '+') return [`manifest ${kind?.replace(/:$/, '')}`];
      return [sign === '!' ? `${kind} ${name}` : `${sign} ${kind} ${name}`];
    }),
  );
}

type Line = { origin: string; name: string; text: string };

/** What the commands that ran said they did. */
function doneBy({ steps }: Run): Line[] {
  const outputs = steps
    .filter(({ op, type }) => op !== 'same' && type === 'command:remote:Command')
    .flatMap(({ outputs }) => String(outputs.stdout ?? '').split('\n'));
  return outputs.flatMap((text) => {
    const [, origin, kind, name = ''] =
      /^(drift|change|new|found|gone) +(\S+) ([^\s:]\S*?):? /.exec(text) ?? [];
    if (origin === undefined) return [];
    return [{ origin, name: `${kind} ${name}`, text }];
  });
}

/** Drift that was repaired and not named before, or the other way round. */
function unlike(named: ReadonlySet<string>, run: Run): string[] {
  const repaired = new Set(
    doneBy(run).flatMap(({ origin, name }) => (origin === 'drift' ? [name] : [])),
  );
  return [
    ...[...repaired].filter((name) => !named.has(name)).map((name) => `up repaired ${name}`),
    ...[...named]
      .filter((name) => !repaired.has(name) && !name.startsWith('manifest '))
      .map((name) => `up did not repair ${name}`),
  ];
}

/** What could shut somebody out was mended, and is confirmed over a new connection. */
const goesBack = /^change access: goes back by itself in /;

/** What the host's own log does not say as the stack's outputs do, but for a confirmation. */
function unlogged(run: Run, logged: readonly string[]): string[] {
  const said = doneBy(run)
    .map(({ text }) => text)
    .sort();
  const lines = logged.map((line) => line.replace(/^(\S+ ){3}/, '')).sort();
  const kept = lines.filter((line) => line !== 'change access: confirmed');
  const armed = lines.some((line) => goesBack.test(line));
  return [
    ...(armed === kept.length < lines.length ? [] : ['access was not confirmed, or for nothing']),
    ...said.filter((line) => !kept.includes(line)).map((line) => `not in the host's log: ${line}`),
    ...kept.filter((line) => !said.includes(line)).map((line) => `only in the host's log: ${line}`),
  ];
}

/** What was done besides: nothing but a reload or restart of a service that the damage concerns. */
function consequences(run: Run, damages: readonly Damage[], all: readonly Target[]): string[] {
  const damaged = new Set(damages.map(({ target }) => target.manifest));
  const concerned = new Set(damages.flatMap(({ mutation }) => mutation.concerns ?? []));
  const units = all
    .filter(({ item }) => item.kind === 'unit')
    .filter(({ item, manifest }) => damaged.has(manifest) || concerned.has(item.name))
    .map(({ item }) => label(item));
  return doneBy(run)
    .filter(({ origin }) => origin === 'change')
    .filter(({ name, text }) => !(units.includes(name) && /: (reload|restart)ed$/.test(text)))
    .filter(({ name }) => !(name === 'file /usr/local/sbin/keelson' && damaged.has('helper')))
    .filter(({ text }) => !goesBack.test(text))
    .map(({ text }) => `up also did: ${text}`);
}

/** How many damages a round takes: mostly one, sometimes several at once, sometimes none. */
export function size(random: Random): number {
  const share = random();
  if (share < 0.1) return 0;
  return share < 0.4 ? 1 : integer(random, 2, 6);
}

/** What a host is before a round, and all that can be damaged on it. */
export async function sound(host: DebianHost): Promise<{ before: Snapshot; all: Target[] }> {
  return { before: await picture(host), all: await targets(host) };
}
