/** Names of a balancer: the certificate for them, and the records that lead there. */
import type * as pulumi from '@pulumi/pulumi';
import { isName, zoneOf } from '../config/aws-balancer.ts';
import type { BalancerSdk } from './balancer-sdk.ts';

type Named = {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly options: pulumi.CustomResourceOptions;
  readonly sdk: BalancerSdk;
  /** Names by which visitors come. */
  readonly names: readonly string[];
  /** Zones by name, with their ids. */
  readonly zones: Readonly<Record<string, string>>;
};

/** The ids of zones that are Route 53's, public ones. */
export async function zoneIds(
  { getZone }: BalancerSdk,
  zones: readonly string[],
): Promise<Record<string, string>> {
  const found = zones.map(async (name) => {
    const { zoneId } = await getZone({ name, privateZone: false }).catch((error: Error) => {
      throw new Error(`aws.balancer.zones: "${name}" cannot be looked up: ${error.message}`);
    });
    return [name, zoneId] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

/** A certificate of ACM for all names; its ARN is known when records in their zones have proven whose they are. */
export function certificateFor({ name, tags, options, sdk, names, zones }: Named) {
  const all = names.filter(isName);
  const [first = '', ...others] = all;
  const certificate = new sdk.Certificate(
    name,
    { domainName: first, subjectAlternativeNames: others, validationMethod: 'DNS', tags },
    options,
  );
  // A name and what is below it are proven by one record.
  const proven = [...new Set(all.map((it) => it.replace(/^\*\./, '')))];
  const records = proven.map((domain) => {
    const option = certificate.domainValidationOptions.apply((list) =>
      list.find(({ domainName }) => domainName.replace(/^\*\./, '') === domain),
    );
    const part = (key: 'resourceRecordName' | 'resourceRecordType' | 'resourceRecordValue') =>
      option.apply((it) => it?.[key] ?? '');
    return new sdk.Record(
      `${name}-${domain}-proof`,
      {
        zoneId: zoneIdOf(domain, zones),
        name: part('resourceRecordName'),
        type: part('resourceRecordType') as pulumi.Output<'CNAME'>,
        records: [part('resourceRecordValue')],
        ttl: 60,
        // Another certificate for the name may have brought it, and it is the same for all.
        allowOverwrite: true,
      },
      options,
    );
  });
  const { certificateArn } = new sdk.CertificateValidation(
    name,
    {
      certificateArn: certificate.arn,
      validationRecordFqdns: records.map(({ fqdn }) => fqdn),
    },
    options,
  );
  return certificateArn;
}

type Target = { dnsName: pulumi.Input<string>; zoneId: pulumi.Input<string> };

/** Alias records that lead each name in a zone to the balancer; AAAA too where it has IPv6. */
export function records(
  { name, options, sdk, names, zones }: Named,
  target: Target,
  isDual: boolean,
): void {
  const aliases = [{ name: target.dnsName, zoneId: target.zoneId, evaluateTargetHealth: true }];
  for (const domain of names.filter((it) => isName(it) && zoneOf(it, Object.keys(zones))))
    for (const type of isDual ? (['A', 'AAAA'] as const) : (['A'] as const))
      new sdk.Record(
        `${name}-${domain}-${type}`,
        { zoneId: zoneIdOf(domain, zones), name: domain, type, aliases },
        options,
      );
}

const zoneIdOf = (name: string, zones: Readonly<Record<string, string>>): string =>
  zones[zoneOf(name, Object.keys(zones)) ?? ''] ?? '';
