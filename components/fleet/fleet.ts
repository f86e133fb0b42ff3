/** The hosts of a stack file, each on the machine that is made for it, or on one that is there. */
import type { ComponentResourceOptions, Output } from '@pulumi/pulumi';
import type { AwsSettings } from '../config/aws.ts';
import type { HostConfig } from '../config/host.ts';
import { batches } from '../lib/batches.ts';
import { Host } from '../pulumi/host.ts';
import type { OnAws } from './aws.ts';

type Fleet = {
  readonly hosts: readonly HostConfig[];
  readonly aws?: AwsSettings | undefined;
  readonly drift: 'look' | 'ignore';
  readonly pins: string;
  readonly rollout: { readonly servers: number | string };
};

/** Of a stack that has nothing on AWS, whose package takes time to load. */
const nothing: OnAws = { machines: new Map(), complete: (host) => host };

/** Those of one batch move to a release together, after those of the batches before. */
export async function fleet(
  { hosts, aws, drift, rollout, pins }: Fleet,
  options: ComponentResourceOptions,
): Promise<Host[]> {
  const { machines, complete } = aws ? (await import('./aws.ts')).onAws(hosts, aws) : nothing;
  const made: Host[] = [];
  for (const batch of batches(hosts, rollout.servers)) {
    const after = [...made];
    for (const host of batch) {
      const machine = machines.get(host.name);
      const args = { config: complete(host), drift, after, pins, ...(machine && { machine }) };
      made.push(new Host(host.name, args, options));
    }
  }
  return made;
}

/** The addresses of those that were made, by name; null where all were there before: Pulumi warns of undefined. */
export function addressesOf(hosts: readonly Host[]): Record<string, Output<string>> | null {
  const made = hosts.filter(({ isMade }) => isMade);
  if (made.length === 0) return null;
  return Object.fromEntries(made.map(({ name, address }) => [name, address]));
}
