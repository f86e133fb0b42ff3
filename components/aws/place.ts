/** The place of one server in a network, which resources of the same program may make. */
import * as pulumi from '@pulumi/pulumi';
import { given } from '../pulumi/inputs.ts';
import { type Network, subnetIn } from './network.ts';

type Place = Record<'vpc' | 'subnetId' | 'zone', pulumi.Input<string>>;

/** Where a server comes to stand; a network of the same program may not be known yet. */
export async function placeOf(network: pulumi.Input<Network>) {
  const { values, known } = await given({ network });
  const choose = (of: Network, zone?: string, used?: string) => {
    const subnetId = subnetIn(of, zone, used);
    return { vpc: of.vpc, subnetId, zone: zoneOf(of, subnetId) };
  };
  return (zone: string | undefined, used: string | undefined): Place => {
    if (known) return choose(values.network as Network, zone, used);
    const later = pulumi.output(network).apply((of) => choose(of as Network, zone, used));
    return { vpc: later.vpc, subnetId: later.subnetId, zone: later.zone };
  };
}

const zoneOf = ({ subnets }: Network, subnet: string): string =>
  Object.entries(subnets).find(([, id]) => id === subnet)?.[0] ?? '';
