/**
 * The program of a stack: reads its stack file, looks at every server, and registers what is to be done.
 */
import { Provider } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { packReleases } from './components/app/app.ts';
import { stackConfig } from './components/config/config.ts';
import type { HostConfig } from './components/config/host.ts';
import { renderHost } from './components/config/render.ts';
import { assume, hostError, type Look, look, newRun, type Render } from './components/host/look.ts';
import { batches } from './components/lib/batches.ts';
import { changesOf } from './components/pulumi/changes.ts';
import { Server } from './components/pulumi/resources.ts';
import { running } from './components/pulumi/running.ts';
import { type LastOutputs, lastOutputs, lastSeen, remember } from './components/pulumi/state.ts';
import type { ServerConfig } from './components/server/components.ts';
import type { HostError } from './components/ssh/connection.ts';

// Stripping types moves no line and no column. Pulumi's runtime looks them up in source maps all the same,
// for each frame of the stack traces that it takes for each resource: as much work as reading the stack file
// and looking at a host together.
Reflect.deleteProperty(Error, 'prepareStackTrace');

const config = stackConfig();
const servers = config.hosts.map(({ server }) => server);
// The same app on several hosts is packed once.
const packed = [
  ...new Map(config.hosts.flatMap((host) => host.apps.map((app) => [app.name, app]))).values(),
];
// Registered first, so that its plugin starts while the servers are looked at.
const commands = new Provider('command');
const releases = await packReleases(packed).catch(refuse);
const run = newRun();
// Read while the servers are looked at.
const earlier = pulumi.runtime.isDryRun() ? lastOutputs() : undefined;
const last = config.drift === 'ignore' ? await lastSeen() : undefined;
if (last && !pulumi.runtime.isDryRun())
  throw new pulumi.RunError(
    'keelson:drift: ignore is for previews; set it to look before `pulumi up`',
  );
if (last)
  pulumi.log.info(
    'no host was looked at (keelson:drift: ignore): these are the program’s changes alone',
  );

const renderFor =
  (host: HostConfig): Render =>
  (facts) =>
    renderHost(host, facts, releases);

/** Shows what is wrong with the input without a stack trace; a fault of the program keeps its own. */
function refuse(error: unknown): never {
  const plain = error instanceof Error && error.name === 'Error';
  throw plain ? new pulumi.RunError(error.message) : error;
}

const down: HostError[] = [];
const seen = new Map<ServerConfig, Look>();
await Promise.all(
  config.hosts.map(async (host) => {
    const { server } = host;
    try {
      const render = renderFor(host);
      seen.set(
        server,
        last ? assume(render, last[server.name], run) : await look(server, render, run),
      );
    } catch (error) {
      down.push(hostError(server, error));
    }
  }),
);
// Named at once, and the run fails for it; but it goes on to its end, so that the others converge.
for (const error of down) Promise.reject(error);

const registered = new Map<string, Server>();
for (const batch of batches(
  servers.filter((server) => seen.has(server)),
  config.rollout.servers,
)) {
  // Servers of one batch move to a release together, after those of the batches before.
  const before = [...registered.values()].flatMap((server) => [...server.commands.values()]);
  for (const server of batch) {
    const look = seen.get(server) as Look;
    const plan = { target: server, run, after: before, remembered: remember(look, run), ...look };
    registered.set(server.name, new Server(plan, { providers: [commands] }));
  }
}

// Of a server that is down is shown what was known last; and what will be done, no preview knows.
const nothing: LastOutputs = { apps: {}, changes: {} };
const before = await (earlier ?? (down.length > 0 ? lastOutputs() : nothing));

/** What runs where: the release of each app, its instances, and the releases that it can go back to. */
export const apps = Object.fromEntries(
  servers.map((server) => {
    const look = seen.get(server);
    return [server.name, look ? running(look.judged, look.facts) : before.apps[server.name]];
  }),
);

/** What the last run of each command did: the same lines as in `/var/log/keelson.log`. */
export const changes = pulumi.runtime.isDryRun()
  ? before.changes
  : Object.fromEntries(
      servers.map(({ name }) => {
        const server = registered.get(name);
        return [name, server ? changesOn(server) : before.changes[name]];
      }),
    );

function changesOn({ commands, headers }: Server) {
  const printed = Object.fromEntries([...commands].map(([name, { stdout }]) => [name, stdout]));
  return pulumi.unsecret(pulumi.output(printed).apply((texts) => changesOf(texts, headers)));
}
