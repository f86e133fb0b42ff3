/** What a balancer is made of: its network, its security group, a target group for each app, and what leads there. */
import * as pulumi from '@pulumi/pulumi';
import { balancerPath } from '../app/balanced.ts';
import type { WebApp } from '../app/types/web.ts';
import { idleTime, namesOf } from '../config/aws-balancer.ts';
import type { BalancerConfig } from '../config/balanced-apps.ts';
import { type BalancerSdk, balancerSdk } from './balancer-sdk.ts';
import { certificateFor, records, zoneIds } from './certificate.ts';
import { listeners } from './listeners.ts';
import { type Making as Common, tagsOf } from './making.ts';
import type { Network } from './network.ts';
import { targetGroup } from './target-group.ts';
import { everybody, tcp } from './traffic.ts';

type Given = BalancerConfig & {
  readonly network: Network;
  readonly tags: Readonly<Record<string, string>>;
};

/** What all that belongs to a balancer has in common. */
type Making = Common & { readonly sdk: BalancerSdk };

export async function makeBalancer(parent: pulumi.Resource, name: string, given: Given) {
  const { balancer: settings, apps, network } = given;
  const sdk = await balancerSdk();
  const place = await placeOf(sdk, network, { parent });
  const making: Making = {
    ...{ name, sdk, options: { parent } },
    tags: tagsOf(name, given.tags),
  };
  const group = securityGroup(making, network.vpc, place.networks);
  const balancer = loadBalancer(making, place, group.id, idleTime(apps));
  const groups = Object.fromEntries(
    apps.map((app) => [app.name, groupOf(making, app, given).arn] as const),
  );
  const zones = await zoneIds(sdk, settings.zones ?? [], { parent });
  const names = { ...making, zones, names: apps.flatMap(namesOf) };
  lead(given, names, { balancer, groups });
  records(names, balancer, place.isDual);
  return { sdk, group, balancer, groups, networks: place.networks };
}

type Named = Parameters<typeof records>[0];
type Made = {
  readonly balancer: ReturnType<typeof loadBalancer>;
  readonly groups: Readonly<Record<string, pulumi.Output<string>>>;
};

/** Leads visitors to the apps, over https where there is a certificate. */
function lead({ balancer: settings, apps }: Given, named: Named, { balancer, groups }: Made): void {
  const certificateArn =
    settings.certificate ?? (settings.zones ? certificateFor(named) : undefined);
  if (certificateArn === undefined && pulumi.runtime.isDryRun())
    pulumi.log.info(
      `${named.name}: visitors come over http alone, for neither zones nor a certificate is given`,
      balancer,
    );
  listeners({
    ...{ ...named, loadBalancerArn: balancer.arn, certificateArn, groups },
    names: Object.fromEntries(apps.map((app) => [app.name, namesOf(app)])),
    other: apps.find(({ domains }) => domains.includes('default'))?.name,
  });
}

type Place = { subnets: string[]; networks: string[]; isDual: boolean };

/** The subnets that it stands in, and their addresses. */
async function placeOf(
  { getSubnet }: BalancerSdk,
  { vpc, subnets }: Network,
  options: pulumi.InvokeOptions,
): Promise<Place> {
  const ids = Object.values(subnets);
  if (ids.length < 2)
    throw new Error(
      `aws.subnets: ${vpc} has one zone with a subnet, ${Object.keys(subnets).join()}, and a balancer needs two; name a subnet in another zone`,
    );
  const found = await Promise.all(ids.map((id) => getSubnet({ id }, options)));
  return {
    subnets: ids,
    networks: found.map(({ cidrBlock }) => cidrBlock),
    isDual: found.every(({ ipv6CidrBlock }) => ipv6CidrBlock),
  };
}

/** Visitors from everywhere; and nobody but nginx on the servers. Its rules are one, so that others are drift. */
function securityGroup({ name, tags, options, sdk }: Making, vpcId: string, networks: string[]) {
  const ingress = [
    { description: 'http', ...tcp(80), ...everybody },
    { description: 'https', ...tcp(443), ...everybody },
  ];
  const egress = [{ description: 'servers', ...tcp(80), cidrBlocks: networks }];
  const description = `Balancer ${name} of Keelson`;
  return new sdk.SecurityGroup(name, { vpcId, description, ingress, egress, tags }, options);
}

function loadBalancer(
  { name, tags, options, sdk }: Making,
  { subnets, isDual }: Place,
  group: pulumi.Input<string>,
  idleTimeout: number,
) {
  return new sdk.LoadBalancer(
    name,
    {
      // A name of 32 characters at most; what it is is in its tags.
      ...{ namePrefix: 'ks-', loadBalancerType: 'application', internal: false, tags },
      ...{ subnets, securityGroups: [group], ipAddressType: isDual ? 'dualstack' : 'ipv4' },
      // What is no header to a strict reader may be one to the app.
      ...{ idleTimeout, dropInvalidHeaderFields: true, preserveHostHeader: true },
    },
    options,
  );
}

function groupOf(making: Making, { name, sticky, rollout }: WebApp, { balancer, network }: Given) {
  const { interval, fall, rise } = balancer;
  return targetGroup({
    ...{ ...making, name: `${making.name}-${name}`, vpcId: network.vpc },
    ...{ path: balancerPath(name), status: rollout.status, drain: rollout.drain },
    ...{ sticky: sticky === 'cookie', checks: { interval, fall, rise } },
  });
}
