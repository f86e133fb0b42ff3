/** A balancer on AWS: one Application Load Balancer over the zones of a network, for the web apps behind it. */
import * as pulumi from '@pulumi/pulumi';
import { type BalancerConfig, type BalancerInput, readBalancer } from '../config/balanced-apps.ts';
import type { AppSettings } from '../config/host.ts';
import { told } from '../pulumi/told.ts';
import { makeBalancer } from './balancing.ts';
import { findNetwork, type Network } from './network.ts';

/** Settings in a stack file's words and the apps as `Host` gets them, or both as they were read. */
export type AwsBalancerArgs = (
  | (BalancerInput & { readonly apps: Readonly<Record<string, AppSettings>> })
  | { readonly config: BalancerConfig }
) & {
  /** VPC and subnets; default: those of the account's default VPC. */
  readonly network?: Promise<Network> | Network;
  readonly tags?: Readonly<Record<string, string>>;
};

type Made = Awaited<ReturnType<typeof makeBalancer>>;

/**
 * Makes an Application Load Balancer that asks servers for the health of their apps.
 *
 * @example
 * const balancer = new AwsBalancer('www', { zones: ['example.com'], apps });
 * const machine = new AwsServer('web1', { type: 't4g.small', ssh, keys, balancer: balancer.securityGroupId });
 * balancer.add('web1', machine.instanceId, ['shop']);
 */
export class AwsBalancer extends pulumi.ComponentResource<Made> {
  readonly #name: string;
  /** Name under which AWS has it, for records in zones that are not Route 53's. */
  readonly dnsName: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  /** Where its requests come from: what `nginx.balancers` of the servers is to be. */
  readonly networks: Promise<string[]>;

  constructor(name: string, args: AwsBalancerArgs, options: pulumi.ComponentResourceOptions = {}) {
    super(
      'keelson:aws:Balancer',
      name,
      Object.defineProperty({}, 'args', { value: args }),
      options,
    );
    this.#name = name;
    const made = this.getData();
    this.dnsName = pulumi.output(made.then(({ balancer }) => balancer.dnsName));
    this.securityGroupId = pulumi.output(made.then(({ group }) => group.id));
    this.networks = made.then(({ networks }) => networks);
    // Who waits for it is told; and the run fails by itself.
    this.networks.catch(() => undefined);
    this.registerOutputs({ dnsName: this.dnsName });
  }

  /** Lets a server get requests for these apps, which run on it. */
  add(server: string, instanceId: pulumi.Input<string>, apps: readonly string[]): void {
    void this.getData().then(
      ({ sdk, groups }) => {
        for (const app of apps)
          new sdk.TargetGroupAttachment(
            // Hyphens alone would make one name of shop on eu-web, and of shop-eu on web.
            `${this.#name}-${app}@${server}`,
            { targetGroupArn: groups[app] ?? '', targetId: instanceId, port: 80 },
            { parent: this },
          );
      },
      () => undefined,
    );
  }

  protected override async initialize(
    { args }: { args: AwsBalancerArgs },
    _options: pulumi.ComponentResourceOptions,
    name: string,
  ): Promise<Made> {
    await undefined; // Now the constructor is through.
    try {
      return await makeBalancer(this, name, await given(this, name, args));
    } catch (cause) {
      const error = told((cause as Error).message);
      // Fails the run also where nobody waits for it.
      Promise.reject(error);
      throw error;
    }
  }
}

/** What is read and looked up before anything is made. */
async function given(
  parent: pulumi.Resource,
  name: string,
  { network, tags = {}, ...rest }: AwsBalancerArgs,
) {
  if ('config' in rest)
    return { ...rest.config, tags, network: await (network ?? findNetwork({}, { parent })) };
  const { apps, ...settings } = rest;
  const config = readBalancer(name, settings, apps);
  return { ...config, tags, network: await (network ?? findNetwork({}, { parent })) };
}
