/** Which scenarios there are, and in which order they run. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { root } from './pulumi.ts';

/** Those that count requests under load: nothing else is to take the processors from them. */
export const alone = ['rollout-load', 'balancer', 'takeover', 'rename'];

/** Those that take longest, in that order; they begin first, so that none goes on alone at the end. */
export const longest = [
  ...['kill', 'recovery', 'operating', 'places', 'rollout', 'habits', 'acme', 'still', 'parts'],
  ...['tcp', 'inuse', 'attack-data', 'program', 'provision-trixie', 'first-start', 'connections'],
  ...['provision-bookworm', 'web', 'review', 'checks', 'alerts'],
];

export const nameOf = (file: string): string => basename(file, '.test.ts');

export const allScenarios = (): string[] => globSync('test/scenarios/*.test.ts', { cwd: root });

const rank = (file: string): number => longest.indexOf(nameOf(file)) + 1 || longest.length + 1;

type Chosen = { together: string[]; alone: string[]; unknown: string[] };

/** The files whose names contain one of the words, or all; and words that are in no name. */
export function scenarios(words: readonly string[], all = allScenarios()): Chosen {
  const chosen = all
    .filter((file) => words.length === 0 || words.some((word) => nameOf(file).includes(word)))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return {
    together: chosen.filter((file) => !alone.includes(nameOf(file))),
    alone: chosen.filter((file) => alone.includes(nameOf(file))),
    unknown: words.filter((word) => !all.some((file) => nameOf(file).includes(word))),
  };
}
