/** The target group of an app: the servers that it runs on, how they are asked for its health, and how they leave. */
import type * as pulumi from '@pulumi/pulumi';
import type { BalancerSdk } from './balancer-sdk.ts';

/** How all of a balancer are asked: seconds, and checks in a row. */
export type Checks = { readonly interval: number; readonly fall: number; readonly rise: number };

type Wanted = {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly options: pulumi.CustomResourceOptions;
  readonly sdk: BalancerSdk;
  readonly vpcId: string;
  readonly path: string;
  readonly status: number;
  /** Seconds that what is open has to end when a server is taken out of the group. */
  readonly drain: number;
  readonly sticky: boolean;
  readonly checks: Checks;
};

/** Seconds for which the balancer's cookie keeps a client at a server: a day, as ELB has it by default. */
const cookieDuration = 86_400;

export function targetGroup(wanted: Wanted) {
  const { name, tags, options, sdk, vpcId, path, status, drain, sticky, checks } = wanted;
  const { interval, fall, rise } = checks;
  return new sdk.TargetGroup(
    name,
    {
      // A name of 32 characters at most; what it is is in its tags.
      ...{ namePrefix: 'ks-', vpcId, targetType: 'instance', port: 80, protocol: 'HTTP' },
      deregistrationDelay: drain,
      healthCheck: {
        ...{ path, protocol: 'HTTP', port: 'traffic-port', matcher: String(status) },
        ...{ interval, unhealthyThreshold: fall, healthyThreshold: rise },
        // Of a check that is not answered the next one begins when it is over.
        timeout: Math.min(5, interval - 1),
      },
      stickiness: sticky
        ? { enabled: true, type: 'lb_cookie', cookieDuration }
        : { enabled: false, type: 'lb_cookie' },
      tags: { ...tags, Name: name },
    },
    options,
  );
}
