/** Listeners of a balancer: http leads to https, and https to the app that has the name. */
import type * as pulumi from '@pulumi/pulumi';
import type { BalancerSdk } from './balancer-sdk.ts';
import { hostRules } from './rules.ts';

/**
 * TLS 1.2 and 1.3, with key exchange that quantum computers cannot undo where the client has it. AWS recommends it,
 * and its console has it by default, while its API would take ELBSecurityPolicy-2016-08 (Elastic Load Balancing,
 * Security policies for your Application Load Balancer).
 */
const tlsPolicy = 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09';

type Wanted = {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly options: pulumi.CustomResourceOptions;
  readonly sdk: BalancerSdk;
  readonly loadBalancerArn: pulumi.Input<string>;
  readonly certificateArn: pulumi.Input<string> | undefined;
  /** Names of each app. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Target group of each app. */
  readonly groups: Readonly<Record<string, pulumi.Input<string>>>;
  /** App that has all other names. */
  readonly other: string | undefined;
};

const redirect = {
  type: 'redirect',
  redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' },
};

/** Whoever asks for a name that nobody has. */
const nobody = {
  type: 'fixed-response',
  fixedResponse: { contentType: 'text/plain', messageBody: '', statusCode: '404' },
};

const forward = (targetGroupArn: pulumi.Input<string>) => ({ type: 'forward', targetGroupArn });

/** Without a certificate visitors come over http. */
export function listeners(wanted: Wanted): void {
  const { name, options, sdk, tags, loadBalancerArn, certificateArn, groups, other } = wanted;
  const group = groups[other ?? ''];
  const defaultActions = [group === undefined ? nobody : forward(group)];
  const common = { loadBalancerArn, tags };
  const secure = { port: 443, protocol: 'HTTPS', sslPolicy: tlsPolicy, certificateArn };
  const https =
    certificateArn === undefined
      ? undefined
      : new sdk.Listener(`${name}-https`, { ...common, ...secure, defaultActions }, options);
  const http = new sdk.Listener(
    `${name}-http`,
    {
      ...{ ...common, port: 80, protocol: 'HTTP' },
      defaultActions: https ? [redirect] : defaultActions,
    },
    // Nobody is sent to https before it answers, which takes minutes where a certificate comes first.
    { ...options, ...(https && { dependsOn: [https] }) },
  );
  rules(wanted, (https ?? http).arn);
}

function rules(
  { name, options, sdk, tags, names, groups }: Wanted,
  listenerArn: pulumi.Input<string>,
) {
  const counts = new Map<string, number>();
  for (const { app, names: values, priority } of hostRules(names)) {
    const count = (counts.get(app) ?? 0) + 1;
    counts.set(app, count);
    new sdk.ListenerRule(
      `${name}-${app}-${count}`,
      {
        ...{ listenerArn, priority, tags },
        conditions: [{ hostHeader: { values: [...values] } }],
        actions: [forward(groups[app] ?? '')],
      },
      options,
    );
  }
}
