/** The machines of a stack file's servers that are made on AWS. Loaded where there are any. */
import { findNetwork } from '../aws/network.ts';
import { AwsServer } from '../aws/server.ts';
import type { AwsSettings } from '../config/aws.ts';
import type { HostConfig } from '../config/host.ts';

/** Registers them; by the name of their server. */
export function machinesOf(
  hosts: readonly HostConfig[],
  { ssh, keys, vpc, subnets, tags }: AwsSettings,
): Map<string, AwsServer> {
  const made = hosts.filter(({ aws }) => aws !== undefined);
  if (made.length === 0) return new Map();
  const network = findNetwork({ vpc, subnets });
  return new Map(
    made.flatMap(({ name, aws, apps }) => {
      if (!aws) return [];
      const web = apps.some(({ type }) => type === 'web');
      const config = { ...aws, tags: { ...tags, ...aws.tags } };
      return [[name, new AwsServer(name, { config, ssh, keys, network, web })]];
    }),
  );
}
