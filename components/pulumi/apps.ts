/** What runs on a host: in words for the stack's outputs, in full for programs. */
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import type { Manifest } from '../host/manifest.ts';

export type RunningApp = {
  /** Hash of the release that `current` points to. */
  readonly release: string;
  /** The ports on which instances listen; of workers their numbers. */
  readonly instances: readonly string[];
  /** Releases that the app can go back to by `release:`, newest first. */
  readonly kept: readonly string[];
};

/** The apps of one host, by name, from its rollouts and the releases that it kept before this run. */
export function runningApps(
  manifests: readonly Manifest[],
  { releases, failed = {} }: Pick<Facts, 'releases' | 'failed'>,
): Record<string, RunningApp> {
  const rollouts = manifests.flatMap(({ items }) => items).filter(({ kind }) => kind === 'rollout');
  const kept = (app: string) =>
    (releases[app] ?? []).filter((hash) => !failed[app]?.includes(hash));
  return Object.fromEntries(rollouts.map((item) => [item.name, appOf(item, kept(item.name))]));
}

function appOf({ state, instructions }: Item, all: readonly string[]): RunningApp {
  const release = state.current ?? '';
  const others = all.filter((hash) => hash !== release);
  return {
    release,
    instances: Object.keys(state).filter((name) => /^\d+$/.test(name)),
    // As many as the rollout of this run will leave.
    kept: others.slice(0, Number(instructions?.['@kept']) - 1),
  };
}

/**
 * One line for people.
 * @example inWords(shop) // release 03e81031 on ports 4190-4191, kept 5f2b77d0
 */
export function inWords({ release, instances, kept }: RunningApp): string {
  const where = instances.map(Number).some((it) => it > 1023)
    ? onPorts(instances)
    : count(instances);
  const others = kept.length > 0 ? `, kept ${kept.map(short).join(' ')}` : '';
  return `release ${short(release)} ${where}${others}`;
}

const short = (hash: string): string => hash.slice(0, 8);

const count = ({ length }: readonly string[]): string =>
  `in ${length} instance${length === 1 ? '' : 's'}`;

function onPorts(ports: readonly string[]): string {
  const [first = '', last = ''] = [ports[0], ports.at(-1)];
  return first === last ? `on port ${first}` : `on ports ${first}-${last}`;
}
