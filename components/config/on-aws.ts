/** What a stack's part on AWS brings to its servers and apps. */
import type { AwsSettings } from './aws.ts';
import { balancerConflicts, behindBalancer } from './aws-balancer.ts';
import { bucketConflicts, withMetadata } from './aws-buckets.ts';
import type { Problem } from './problem.ts';
import { missingAws } from './server.ts';
import type { Place } from './servers.ts';

/** Servers as the balancer in front of them needs them, and apps with leave to use their buckets. */
export function withAws(places: readonly Place[], aws: AwsSettings | undefined): readonly Place[] {
  if (!aws) return places;
  const all = places.flatMap(({ apps }) => apps);
  return places.map((place) => ({
    ...place,
    server:
      place.server && place.aws && place.apps.some(({ type }) => type === 'web')
        ? behindBalancer(place.server, aws, all)
        : place.server,
    apps: withMetadata(place.apps, aws.buckets),
    elsewhere: withMetadata(place.elsewhere, aws.buckets),
  }));
}

/** A stack's part on AWS; its servers as they are written, and with what it brings to them. */
type Stack = {
  readonly named: readonly Place[];
  readonly places: readonly Place[];
  readonly aws: AwsSettings | undefined;
  readonly general: Readonly<Record<string, unknown>>;
};

/** What is wrong between AWS and the servers and apps there. */
export const awsConflicts = ({ named, places, aws, general }: Stack): Problem[] => [
  ...missingAws(named, general),
  ...balancerConflicts(aws, named),
  ...(aws?.balancer ? places.flatMap(hiddenSites) : []),
  ...bucketConflicts(aws?.buckets ?? {}, places),
];

/** Static sites of servers that let in the balancer alone, which asks for none. */
const hiddenSites = ({ aws, server, apps }: Place): Problem[] =>
  aws && apps.some(({ type }) => type === 'web')
    ? apps
        .filter(({ type }) => type === 'static')
        .map(
          ({ name }) =>
            `apps.${name}: is a static site, which aws.balancer does not ask for, and ${server?.name} lets in nobody else beside web apps; let it run on servers without them, or serve its files as static of a web app`,
        )
    : [];
