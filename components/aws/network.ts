/** Where servers on AWS stand: a VPC, and its subnets by zone. */
import type { InvokeOptions } from '@pulumi/pulumi';
import { told } from '../pulumi/told.ts';
import { usedSubnets } from './instance.ts';
import { sdk } from './sdk.ts';

/** A VPC, and the subnet of each of its availability zones that is used. */
export type Network = {
  readonly vpc: string;
  /** By zone, such as `eu-central-1a`. */
  readonly subnets: Readonly<Record<string, string>>;
};

type Given = { vpc?: string | undefined; subnets?: readonly string[] | undefined };

/**
 * Finds the network that is named, or the default one of the account.
 * @throws when there is none, with the remedy.
 * @param options such as a provider of another region.
 * @example await findNetwork({ subnets: ['subnet-0123456789abcdef0'] })
 */
export async function findNetwork(
  { vpc, subnets }: Given,
  options: InvokeOptions = {},
): Promise<Network> {
  const ids = subnets ?? (await publicSubnets(vpc ?? (await defaultVpc(options)), options));
  const { getSubnet } = await sdk();
  const found = await Promise.all(
    ids.map((id) =>
      getSubnet({ id }, options).catch((error: Error) => {
        throw told(`aws.subnets: "${id}" cannot be looked up: ${error.message}`);
      }),
    ),
  );
  const own = vpc ?? found[0]?.vpcId ?? '';
  const strange = found.find(({ vpcId }) => vpcId !== own);
  if (strange)
    throw told(
      `aws.subnets: "${strange.id}" is in ${strange.vpcId}, not in ${own}; name subnets of one VPC`,
    );
  return { vpc: own, subnets: byZone(found, await usedSubnets()) };
}

type Subnet = { readonly availabilityZone: string; readonly id: string };

/** Of several in one zone the one that is used, lest a new one moves servers; else always the same. */
function byZone(found: readonly Subnet[], used: ReadonlySet<unknown>): Record<string, string> {
  const last = (a: string, b: string) =>
    Number(used.has(a)) - Number(used.has(b)) || b.localeCompare(a);
  const sorted = found
    .map(({ availabilityZone, id }): [string, string] => [availabilityZone, id])
    .sort(([zoneA, a], [zoneB, b]) => zoneA.localeCompare(zoneB) || last(a, b));
  return Object.fromEntries(sorted);
}

async function defaultVpc(options: InvokeOptions): Promise<string> {
  const { getVpc } = await sdk();
  try {
    return (await getVpc({ default: true }, options)).id;
  } catch (error) {
    const { message } = error as Error;
    throw told(
      `aws.vpc: is missing, and the account's default VPC cannot be found: ${message}; name a VPC, or make the default one: aws ec2 create-default-vpc`,
    );
  }
}

/** Those whose machines get a public address, as all of a default VPC are. */
async function publicSubnets(vpc: string, options: InvokeOptions): Promise<string[]> {
  const { getSubnets } = await sdk();
  const filters = [
    { name: 'vpc-id', values: [vpc] },
    { name: 'map-public-ip-on-launch', values: ['true'] },
  ];
  const { ids } = await getSubnets({ filters }, options);
  if (ids.length === 0)
    throw told(`aws.vpc: "${vpc}" has no public subnet; name subnets, one for each zone`);
  return ids;
}

/**
 * The subnet in a zone; without a zone the one that is used already, else the first.
 * @throws when the zone has none, with those that have.
 */
export function subnetIn(
  { vpc, subnets }: Network,
  zone: string | undefined,
  used: string | undefined,
): string {
  const own = zone === undefined ? undefined : subnets[zone];
  if (zone !== undefined && own === undefined)
    throw new Error(
      `aws.zone: "${zone}" has no subnet in ${vpc}; choose ${Object.keys(subnets).join(' or ')}`,
    );
  const all = Object.values(subnets);
  const stays = used !== undefined && all.includes(used) ? used : undefined;
  return own ?? stays ?? all[0] ?? '';
}
