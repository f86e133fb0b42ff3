/** What is wrong between the servers of a stack, between its apps, and between the two. */
import type { Combined } from './combined.ts';
import { nameConflicts, placeConflicts, serverConflicts, turnConflicts } from './conflicts.ts';
import { isMapping } from './merge.ts';
import { type Problem, show } from './problem.ts';
import type { Place } from './servers.ts';
import type { Config } from './stack.ts';

/** All of it, each problem once. */
export function between(
  places: readonly Place[],
  all: Combined,
  rollout: Config['rollout'],
): Problem[] {
  const servers = places.flatMap(({ server }) => (server ? [server] : []));
  return [
    ...missingServers(all),
    ...serverConflicts(servers),
    ...turnConflicts(servers, rollout),
    ...nameConflicts(places),
    ...new Set(places.flatMap(placeConflicts)),
  ];
}

/** Apps that are to run where there is no server. */
function missingServers({ general, servers }: Combined): Problem[] {
  const names: readonly unknown[] = servers?.map(({ name }) => name) ?? ['server'];
  return Object.entries(isMapping(general.apps) ? general.apps : {}).flatMap(([name, app]) => {
    const wanted: unknown = isMapping(app) ? app.servers : undefined;
    return (Array.isArray(wanted) ? wanted : []).flatMap((server, index) =>
      names.includes(server)
        ? []
        : [
            `apps.${name}.servers.${index}: there is no server ${show(server)}; choose among ${names.join(', ')}, or leave it out`,
          ],
    );
  });
}
