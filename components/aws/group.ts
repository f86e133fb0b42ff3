/** The security group of a server: who may ask it for what. */
import type * as pulumi from '@pulumi/pulumi';
import type { AwsSettings } from '../config/aws.ts';
import type { Making } from './making.ts';
import { sdk } from './sdk.ts';
import { everybody, tcp } from './traffic.ts';

type Given = {
  readonly vpc: pulumi.Input<string>;
  readonly ssh: AwsSettings['ssh'];
  /** Whether http and https are let in. */
  readonly web: boolean;
  /** The group that alone may ask for them. */
  readonly balancer: pulumi.Input<string> | undefined;
};

/** Its rules are in one resource, so that those that somebody adds are drift. */
export async function securityGroup({ name, tags, options }: Making, given: Given) {
  const { SecurityGroup } = await sdk();
  const { vpc, ssh, web, balancer } = given;
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
