/** What runs where: shown among the stack's outputs. */
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import type { Judged } from './resources.ts';

export type Running = {
  /** Hash of the release that `current` points to. */
  release: string;
  /** Ports on which the instances listen. */
  ports: number[];
  /** Releases that the app can go back to by `release:` in the stack file, newest first. */
  kept: string[];
};

/** The apps of one server, by name, from its rollouts and the releases that it kept before this run. */
export function running(
  judged: readonly Judged[],
  { releases, failed = {} }: Pick<Facts, 'releases' | 'failed'>,
): Record<string, Running> {
  const rollouts = judged
    .flatMap(({ manifest }) => manifest.items)
    .filter(({ kind }) => kind === 'rollout');
  const kept = (app: string) =>
    (releases[app] ?? []).filter((hash) => !failed[app]?.includes(hash));
  return Object.fromEntries(
    rollouts.map((item) => [item.name, instancesOf(item, kept(item.name))]),
  );
}

function instancesOf({ state, instructions }: Item, kept: readonly string[]): Running {
  const release = state.current ?? '';
  const ports = Object.keys(state).filter((name) => /^\d+$/.test(name));
  const others = kept.filter((hash) => hash !== release);
  // As many as the rollout of this run will leave.
  return {
    release,
    ports: ports.map(Number),
    kept: others.slice(0, Number(instructions?.['@kept']) - 1),
  };
}
