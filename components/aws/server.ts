/** A server on AWS: an EC2 instance of Debian's image, with its disks, its security group and its address. */
import * as pulumi from '@pulumi/pulumi';
import type { z } from 'zod';
import type { AwsServerSettings, AwsSettings, awsServerSchema } from '../config/aws.ts';
import type { Machine } from '../pulumi/machine.ts';
import type { Network } from './network.ts';

/** The settings of one server in a stack file's words, or as they were read; and what a program gives beside them. */
export type AwsServerArgs = (z.input<typeof awsServerSchema> | { config: AwsServerSettings }) &
  Pick<AwsSettings, 'ssh' | 'keys'> & {
    /** VPC and subnets; default: those of the account's default VPC. */
    readonly network?: pulumi.Input<Network>;
    /** Security group of the balancer that alone may ask for http and https; default: everybody may. */
    readonly balancer?: pulumi.Input<string>;
    /** Whether http and https are let in at all; default: yes. */
    readonly web?: boolean;
    /** Whether it has a role, to which rights can be given, also without `ssm`. */
    readonly role?: boolean;
  };

/**
 * Makes a Debian server on EC2 that `Host` can be given as its machine.
 *
 * @example
 * const machine = new AwsServer('web1', { type: 't4g.small', ssh: ['203.0.113.0/24'], keys: [key] });
 * new Host('web1', { machine, apps: { … } });
 */
export class AwsServer extends pulumi.ComponentResource implements Machine {
  readonly user = 'admin';
  readonly instanceId!: pulumi.Output<string>;
  /** The elastic one. */
  readonly address!: pulumi.Output<string>;
  readonly privateAddress!: pulumi.Output<string>;
  readonly hostKey!: pulumi.Output<string>;
  readonly securityGroupId!: pulumi.Output<string>;
  /** Name of the role that its instance profile has, where it has one. */
  readonly role!: pulumi.Output<string | undefined>;
  readonly zone!: pulumi.Output<string>;
  readonly disks!: pulumi.Output<Record<string, string>>;
  readonly facts!: Machine['facts'];
  readonly resource!: Machine['resource'];
  readonly standing!: Machine['standing'];

  constructor(name: string, _args: AwsServerArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('keelson:aws:Server', name, {}, options);
  }
}
