/** Rules of a listener: which names lead to which app. */
import { createHash } from 'node:crypto';
import { batches } from '../lib/batches.ts';

/** One rule: ELB takes five names in each, and asks that of the lowest number first. */
export type HostRule = {
  readonly app: string;
  readonly names: readonly string[];
  readonly priority: number;
};

/** Most values that the conditions of a rule may have; AWS's quota. */
const mostNames = 5;

/** Exact names come before those with an asterisk, as in nginx, and of these the longer ones. */
const bands = { exact: 1, longest: 20_000, width: 3_000 };

/**
 * The rules that send each name to its app. A rule keeps its number when apps come and go, since two may not have
 * one number for even a moment: it is drawn from its name.
 *
 * @example hostRules({ shop: ['shop.example.com'] }) // [{ app: 'shop', names: ['shop.example.com'], priority: 12345 }]
 */
export function hostRules(apps: Readonly<Record<string, readonly string[]>>): HostRule[] {
  const taken = new Set<number>();
  return Object.entries(apps).flatMap(([app, all]) =>
    groups(all).map(({ key, names, from }) => {
      let priority = from + draw(`${app} ${key}`);
      while (taken.has(priority)) priority += 1;
      taken.add(priority);
      return { app, names, priority };
    }),
  );
}

const draw = (key: string): number =>
  createHash('sha256').update(key).digest().readUInt32BE(0) % bands.width;

/** Of one app those that may stand in one rule. */
function groups(all: readonly string[]) {
  const labels = (name: string): number => Math.min(9, name.split('.').length);
  const kind = (name: string): number => (name.startsWith('*.') ? labels(name) : 0);
  const kinds = [...new Set(all.map(kind))];
  return kinds.flatMap((of) => {
    const from = of === 0 ? bands.exact : bands.longest + (9 - of) * bands.width;
    const own = all.filter((name) => kind(name) === of);
    return batches(own, mostNames).map((names, index) => ({ key: `${of} ${index}`, names, from }));
  });
}
