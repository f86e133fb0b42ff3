/** A server on AWS: an EC2 instance of Debian's image, with its disks, its security group and its address. */
import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import {
  type AwsServerSettings,
  type AwsSettings,
  awsSchema,
  awsServerSchema,
} from '../config/aws.ts';
import { readAs } from '../config/read.ts';
import type { Facts } from '../host/facts.ts';
import type { Machine, Standing } from '../pulumi/machine.ts';
import { isTold, told } from '../pulumi/told.ts';
import { type OpenPorts, securityGroup } from './group.ts';
import { releases } from './image.ts';
import { instanceOf, lastInstance } from './instance.ts';
import { typeOf } from './instance-type.ts';
import { type Making, tagsOf } from './making.ts';
import { findNetwork, type Network } from './network.ts';
import { placeOf } from './place.ts';
import { instanceRole } from './role.ts';
import { sdk } from './sdk.ts';
import { standingOf } from './standing.ts';
import { refuseNameless, tellOfStop, uploadsVolume } from './uploads.ts';
import { hostKeyOf } from './user-data.ts';

type More = Pick<AwsSettings, 'ssh' | 'keys'> & {
  /** VPC and subnets; default: those of the account's default VPC. */
  readonly network?: pulumi.Input<Network>;
  /** Security group of the balancer that alone may ask for http and https; default: everybody may. */
  readonly balancer?: pulumi.Input<string>;
  /** Whether http and https are let in at all; default: yes. */
  readonly web?: boolean;
  /** What else is let in from everywhere, such as the public ports of TCP services. */
  readonly open?: readonly OpenPorts[];
  /** Whether it has a role, to which rights can be given, also without `ssm`. */
  readonly role?: boolean;
};

/** The settings of one server in a stack file's words, or as they were read; and what a program gives beside them. */
export type AwsServerArgs = (z.input<typeof awsServerSchema> | { config: AwsServerSettings }) &
  More;

type Made = Awaited<ReturnType<typeof make>>;

/**
 * Makes a Debian server on EC2 that `Host` can be given as its machine.
 *
 * @example
 * const machine = new AwsServer('web1', { type: 't4g.small', ssh: ['203.0.113.0/24'], keys: [key] });
 * new Host('web1', { machine, apps: { … } });
 */
export class AwsServer extends pulumi.ComponentResource<Made> implements Machine {
  readonly name: string;
  readonly user = 'admin';
  readonly boot: number;
  readonly instanceId: pulumi.Output<string>;
  /** The elastic one. */
  readonly address: pulumi.Output<string>;
  readonly privateAddress: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  /** Name of the role that its instance profile has; undefined where it has none. */
  readonly role: pulumi.Output<string | undefined>;
  readonly zone: pulumi.Output<string>;
  readonly disks: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: AwsServerArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { settings, more } = settingsOf(name, args);
    const inputs = Object.defineProperty({}, 'args', { value: { settings, ...more } });
    super('keelson:aws:Server', name, inputs, options);
    this.name = name;
    this.boot = settings.boot;
    const made = <T>(get: (of: Made) => pulumi.Input<T>) =>
      pulumi.output(this.getData().then(get)) as pulumi.Output<T>;
    this.instanceId = made(({ instance }) => instance.id);
    this.privateAddress = made(({ instance }) => instance.privateIp);
    this.zone = made(({ instance }) => instance.availabilityZone);
    this.securityGroupId = made(({ group }) => group.id);
    this.role = made(({ role }) => role?.name);
    this.disks = made(({ disks }) => disks);
    // Another instance has the same address, and is another host.
    this.address = made(({ address, instance, disks }) =>
      pulumi.all([address.publicIp, instance.id, disks]).apply(([ip]) => ip),
    );
    const outputs = { instanceId: this.instanceId, address: this.address };
    // Of one that failed there are none, and its error is told by itself.
    this.getData().then(
      () => this.registerOutputs(outputs),
      () => undefined,
    );
  }

  /** The public half of the key that the instance was given, asked for where nobody names another. */
  get hostKey(): pulumi.Output<string> {
    const data = this.getData().then(({ instance }) => instance.userData);
    const key = pulumi.output(data).apply((text) => hostKeyOf(this.name, text));
    return pulumi.unsecret(key) as pulumi.Output<string>;
  }

  get facts(): Promise<Partial<Facts>> {
    return this.getData().then(({ facts }) => facts);
  }

  get resource(): Promise<pulumi.Resource> {
    return this.getData().then(({ instance }) => instance);
  }

  /** Asked when the instance of this run is there: whether it is the last one, and how that stands. */
  async standing(): Promise<Standing> {
    const { last } = await this.getData();
    const now = pulumi.all([this.instanceId, this.address]);
    const [id, address] = await new Promise<[string, string]>((done) => now.apply(done));
    if (last?.id !== id) return { isYoung: true };
    return await standingOf({ id, address, boot: this.boot }, { parent: this });
  }

  protected override async initialize(
    { args }: { args: More & { settings: AwsServerSettings } },
    _options: pulumi.ComponentResourceOptions,
    name: string,
  ): Promise<Made> {
    await undefined; // Now the constructor is through, and what it sets is there.
    try {
      return await make(this, name, args);
    } catch (cause) {
      const error = isTold(cause) ? cause : told(`server ${name}: ${(cause as Error).message}`);
      // Fails the run also where nobody waits for it.
      Promise.reject(error);
      throw error;
    }
  }
}

async function make(
  parent: pulumi.Resource,
  name: string,
  args: More & { settings: AwsServerSettings },
) {
  const { settings, ssh, keys, network, balancer, web = true, open = [] } = args;
  const making: Making = { name, tags: tagsOf(name, settings.tags), options: { parent } };
  const [place, { size, hasNvme }, last] = await Promise.all([
    placeOf(network ?? findNetwork({}, { parent })),
    typeOf(settings.type, { parent }),
    lastInstance(name),
  ]);
  refuseNameless(settings, hasNvme);
  const { vpc, subnetId, zone } = place(settings.zone, last?.subnetId);
  const group = await securityGroup(making, { vpc, ssh, web, open, balancer });
  const { role, profile } =
    args.role || settings.ssm ? await instanceRole(making, settings.ssm) : {};
  const own = { groupId: group.id, profile: profile?.name, architecture: size.architecture };
  const instance = await instanceOf(making, { settings, keys, subnetId, last, ...own });
  const address = await elasticAddress(making, instance.id);
  const disks = settings.uploads
    ? await uploadsVolume(making, settings.uploads, { instanceId: instance.id, zone })
    : pulumi.output({} as Record<string, string>);
  if (last && !settings.uploads) await tellOfStop(making, last.id);
  const { release } = settings;
  const facts: Partial<Facts> = { ...size, codename: release, ...releases[release] };
  return { group, role, instance, address, disks, facts, last };
}

async function elasticAddress({ name, tags, options }: Making, instance: pulumi.Input<string>) {
  const { Eip } = await sdk();
  return new Eip(name, { domain: 'vpc', instance, tags }, options);
}

/** Of a program's own words all problems are told at once. */
function settingsOf(name: string, args: AwsServerArgs) {
  const { ssh, keys, network, balancer, web, open, role, ...own } = args as More & object;
  const more = { ssh, keys, network, balancer, web, open, role } as More;
  if ('config' in own) return { settings: own.config as AwsServerSettings, more };
  const shared = { ssh: awsSchema.shape.ssh, keys: awsSchema.shape.keys };
  const schema = z.strictObject({ ...awsServerSchema.shape, ...shared });
  const {
    ssh: __,
    keys: ___,
    ...settings
  } = readAs(`server ${name}`, schema, { ...own, ssh, keys });
  return { settings, more };
}
