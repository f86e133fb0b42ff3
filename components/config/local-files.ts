/** Local files: what settings name on this machine, and what of it cannot be read. */
import type { AppConfig } from '../app/components.ts';
import type { ServerConfig } from '../server/components.ts';
import type { Combined } from './combined.ts';
import { appFiles, serverFiles } from './host.ts';
import type { Problem } from './problem.ts';
import { homed, unreadable } from './read.ts';
import { valueAt } from './schema-at.ts';
import type { Place } from './servers.ts';

/** Files that cannot be read, each told where it is named. */
export const missingFiles = (places: readonly Place[], given: Combined): Problem[] =>
  places.flatMap((place) => [
    ...(place.server ? filesOfServer(place.server, given) : []),
    ...place.apps.flatMap((app) => filesOfApp(app, place, given)),
  ]);

function filesOfServer(server: ServerConfig, { general, servers }: Combined): Problem[] {
  const files = serverFiles(server);
  if (!servers) return unreadable('server.', files);
  const at = ['servers', server.name];
  const shared = files.filter(
    ({ at, path }) => valueAt(general.server ?? {}, at.split('.')) === path,
  );
  const lower = unreadable('server.', shared);
  return homed(unreadable(`${at.join('.')}.`, files), at, lower, ['server']);
}

function filesOfApp(app: AppConfig, place: Place, { servers = [] }: Combined): Problem[] {
  const given = servers.find(({ name }) => name === place.name)?.apps[app.name];
  const shared = unreadable(
    `apps.${app.name}.`,
    place.elsewhere.filter(({ name }) => name === app.name).flatMap(appFiles),
  );
  if (!given?.isOwn) return shared;
  const at = ['servers', place.name, 'apps', app.name];
  return homed(unreadable(`${at.join('.')}.`, appFiles(app)), at, shared, ['apps', app.name]);
}
