/** What a stack file has on AWS beside its hosts: their machines, the balancer in front of them, and buckets. */
import type { AppConfig } from '../app/components.ts';
import { publicPorts } from '../app/ports.ts';
import { AwsBalancer } from '../aws/balancer.ts';
import { AwsBucket } from '../aws/bucket.ts';
import { bucketNames, bucketVariables } from '../aws/bucket-name.ts';
import type { OpenPorts } from '../aws/group.ts';
import { findNetwork, type Network } from '../aws/network.ts';
import { AwsServer } from '../aws/server.ts';
import type { AwsSettings } from '../config/aws.ts';
import { balancedApps } from '../config/aws-balancer.ts';
import type { HostConfig } from '../config/host.ts';

export type OnAws = {
  readonly machines: ReadonlyMap<string, AwsServer>;
  /** A host with what only AWS knows of it. */
  readonly complete: (host: HostConfig) => HostConfig | Promise<HostConfig>;
};

const isWeb = ({ type }: { type: string }): boolean => type === 'web';

/** Whether anybody else than the host itself asks nginx for something there. */
const isAsked = ({ server, apps }: HostConfig): boolean =>
  apps.some((app) => 'domains' in app) ||
  (server.status !== undefined && !server.status.allow?.every(isLoopback));

const isLoopback = (network: string): boolean => /^(?:127\.|::1(?:\/|$))/.test(network);

/** Makes them all. */
export function onAws(hosts: readonly HostConfig[], shared: AwsSettings): OnAws {
  if (hosts.every(({ aws }) => !aws)) return { machines: new Map(), complete: (host) => host };
  const network = findNetwork(shared);
  // It is told where it is used.
  network.catch(() => undefined);
  const balancer = balancerOf(hosts, shared, network);
  const machines = machinesOf(hosts, shared, { network, balancer });
  for (const { name, apps } of hosts) {
    const machine = machines.get(name);
    const web = apps.filter(isWeb).map((app) => app.name);
    if (machine && web.length > 0) balancer?.add(name, machine.instanceId, web);
  }
  const names = makeBuckets(hosts, shared, machines);
  const complete = async (host: HostConfig): Promise<HostConfig> =>
    withBuckets(await withBalancer(host, balancer), shared, await names);
  return { machines, complete: (host) => (host.aws ? complete(host) : host) };
}

function balancerOf(
  hosts: readonly HostConfig[],
  { balancer, tags }: AwsSettings,
  network: Promise<Network>,
): AwsBalancer | undefined {
  if (!balancer) return undefined;
  return new AwsBalancer('balancer', {
    config: { balancer, apps: balancedApps(hosts) },
    ...{ network, tags },
  });
}

type Around = { network: Promise<Network>; balancer: AwsBalancer | undefined };

/** What the world asks of an app past nginx's sites. */
function openPorts(app: AppConfig): OpenPorts[] {
  const ports = 'public' in app ? publicPorts(app) : undefined;
  return ports ? [{ description: app.name, ...ports }] : [];
}

/** The servers on AWS, by name. */
function machinesOf(
  hosts: readonly HostConfig[],
  { ssh, keys, tags, buckets }: AwsSettings,
  { network, balancer }: Around,
): Map<string, AwsServer> {
  const users = Object.values(buckets).flatMap(({ apps }) => apps);
  return new Map(
    hosts.flatMap((host) => {
      const { name, aws, apps } = host;
      if (!aws) return [];
      const args = {
        ...{ ssh, keys, network, config: { ...aws, tags: { ...tags, ...aws.tags } } },
        web: isAsked(host),
        open: apps.flatMap(openPorts),
        role: apps.some((app) => users.includes(app.name)),
        ...(balancer && apps.some(isWeb) && { balancer: balancer.securityGroupId }),
      };
      return [[name, new AwsServer(name, args)]];
    }),
  );
}

/** The buckets, each open to the servers that its apps run on. */
function makeBuckets(
  hosts: readonly HostConfig[],
  { buckets, tags }: AwsSettings,
  machines: ReadonlyMap<string, AwsServer>,
) {
  if (Object.keys(buckets).length === 0) return undefined;
  const names = bucketNames(buckets);
  void names.then(
    (known) => {
      for (const [key, { apps, versioning }] of Object.entries(buckets)) {
        const own = hosts.filter((host) => host.apps.some(({ name }) => apps.includes(name)));
        const roles = own.map(({ name }) => [name, machines.get(name)?.role] as const);
        new AwsBucket(key, {
          ...{ name: known.names[key] ?? '', versioning, tags },
          roles: Object.fromEntries(roles),
        });
      }
    },
    () => undefined,
  );
  return names;
}

/** Who asks it: the subnets that the balancer stands in, beside what the stack file names. */
async function withBalancer(
  host: HostConfig,
  balancer: AwsBalancer | undefined,
): Promise<HostConfig> {
  if (!balancer || !host.apps.some(isWeb)) return host;
  const { nginx } = host.server;
  const balancers = [...new Set([...nginx.balancers, ...(await balancer.networks)])];
  return { ...host, server: { ...host.server, nginx: { ...nginx, balancers } } };
}

function withBuckets(
  host: HostConfig,
  { buckets }: AwsSettings,
  names: Awaited<ReturnType<typeof bucketNames>> | undefined,
): HostConfig {
  if (!names) return host;
  const apps = host.apps.map((app) =>
    'env' in app
      ? { ...app, env: { ...bucketVariables(app.name, buckets, names), ...app.env } }
      : app,
  );
  return { ...host, apps };
}
