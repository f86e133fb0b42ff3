/** What is wrong with the settings of one server that no schema can say, such as secrets that are not there. */
import { isDeepStrictEqual } from 'node:util';
import type { Secrets } from '../fields/secrets.ts';
import type { Combined } from './combined.ts';
import { unfitOf } from './host.ts';
import type { Problem } from './problem.ts';
import { valueAt } from './schema-at.ts';
import type { Place } from './servers.ts';

/**
 * Each where it is written; what servers share is told once.
 * @param remedy what gives a secret, such as a command.
 */
export const unfitServers = (
  places: readonly Place[],
  secrets: Secrets,
  all: Combined,
  remedy: (name: string) => string,
): Problem[] => [
  ...new Set(
    places.flatMap(({ name, server }) =>
      server
        ? unfitOf(server, secrets, remedy).map((problem) => homeOf(name, problem, all) + problem)
        : [],
    ),
  ),
];

/** Where a server has from what a problem is of: from what all share, or from its own settings. */
function homeOf(name: string, problem: Problem, { general, servers }: Combined): string {
  if (!servers) return 'server.';
  const path = problem.replace(/: .*/s, '').split('.');
  const own = valueAt(servers.find((it) => it.name === name)?.value, path);
  const shared = valueAt(general.server ?? {}, path);
  return shared !== undefined && isDeepStrictEqual(own, shared) ? 'server.' : `servers.${name}.`;
}
