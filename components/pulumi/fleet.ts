/** The hosts of a stack file. */
import type * as pulumi from '@pulumi/pulumi';
import type { HostConfig } from '../config/host.ts';
import { batches } from '../lib/batches.ts';
import { Host } from './host.ts';

type Fleet = {
  readonly hosts: readonly HostConfig[];
  readonly drift: 'look' | 'ignore';
  readonly pins: string;
  readonly rollout: { readonly servers: number | string };
};

/** Those of one batch move to a release together, after those of the batches before. */
export function fleet(
  { hosts, drift, rollout, pins }: Fleet,
  options: pulumi.ComponentResourceOptions,
): Host[] {
  const made: Host[] = [];
  for (const batch of batches(hosts, rollout.servers)) {
    const after = [...made];
    for (const config of batch)
      made.push(new Host(config.name, { config, drift, after, pins }, options));
  }
  return made;
}
