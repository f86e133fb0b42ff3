/** The security group of a server: who may ask it for what. */
import type * as pulumi from '@pulumi/pulumi';
import type { AwsSettings } from '../config/aws.ts';
import type { Making } from './making.ts';
import { sdk } from './sdk.ts';
import { everybody, tcp } from './traffic.ts';

/** Ports that are let in from everywhere: from the first to the last, and whose they are. */
export type OpenPorts = {
  readonly description: string;
  readonly first: number;
  readonly last: number;
};

type Given = {
  readonly vpc: pulumi.Input<string>;
  readonly ssh: AwsSettings['ssh'];
  /** Whether http and https are let in. */
  readonly web: boolean;
  /** What else is let in from everywhere, such as the public ports of TCP services. */
  readonly open: readonly OpenPorts[];
  /** The group that alone may ask for them. */
  readonly balancer: pulumi.Input<string> | undefined;
};

/** Its rules are in one resource, so that those that somebody adds are drift. */
export async function securityGroup({ name, tags, options }: Making, given: Given) {
  const { SecurityGroup } = await sdk();
  const { vpc, ssh, web, open, balancer } = given;
  const visitors = balancer === undefined ? everybody : { securityGroups: [balancer] };
  const ports = web
    ? ([
        ['http', 80],
        ['https', 443],
      ] as const)
    : [];
  const ingress = [
    { description: 'ssh', ...tcp(22), ...networks(ssh) },
    ...ports.map(([description, port]) => ({ description, ...tcp(port), ...visitors })),
    ...open.map(({ description, first, last }) => ({
      description,
      ...tcp(first, last),
      ...everybody,
    })),
  ];
  const egress = [{ description: 'all', protocol: '-1', fromPort: 0, toPort: 0, ...everybody }];
  const description = `Server ${name} of Keelson`;
  return new SecurityGroup(name, { vpcId: vpc, description, ingress, egress, tags }, options);
}

/** A single address is a network of one. */
function networks(ssh: AwsSettings['ssh']) {
  if (ssh === 'anywhere') return everybody;
  const [six, four] = [true, false].map((isSix) =>
    ssh
      .filter((network) => network.includes(':') === isSix)
      .map((network) => (network.includes('/') ? network : `${network}/${isSix ? 128 : 32}`)),
  );
  return {
    ...(four?.length && { cidrBlocks: four }),
    ...(six?.length && { ipv6CidrBlocks: six }),
  };
}
