/** Names of a balancer: the certificate for them, and the records that lead there. */
import type { Certificate } from '@pulumi/aws/acm/certificate.js';
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
  options: pulumi.InvokeOptions,
): Promise<Record<string, string>> {
  const found = zones.map(async (name) => {
    const { zoneId } = await getZone({ name, privateZone: false }, options).catch(
      (error: Error) => {
        throw new Error(`aws.balancer.zones: "${name}" cannot be looked up: ${error.message}`);
      },
    );
    return [name, zoneId] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

/** A certificate of ACM for all names; its ARN is known when records in their zones have proven whose they are. */
export function certificateFor(named: Named): pulumi.Output<string> {
  const { name, tags, options, sdk, names } = named;
  const [domainName = '', ...subjectAlternativeNames] = names.filter(isName);
  const certificate = new sdk.Certificate(
    name,
    { domainName, subjectAlternativeNames, validationMethod: 'DNS', tags },
    options,
  );
  const proofs = proofsOf(named, certificate);
  const { certificateArn } = new sdk.CertificateValidation(
    name,
    { certificateArn: certificate.arn, validationRecordFqdns: proofs.map(({ fqdn }) => fqdn) },
    options,
  );
  return certificateArn;
}

/** A name and what is below it are proven by one record. */
const proven = (name: string): string => name.replace(/^\*\./, '');

function proofsOf({ name, options, sdk, names, zones }: Named, certificate: Certificate) {
  return [...new Set(names.filter(isName).map(proven))].map((domain) => {
    const asked = certificate.domainValidationOptions.apply((all) =>
      all.find(({ domainName }) => proven(domainName) === domain),
    );
    const args = {
      zoneId: zoneIdOf(domain, zones),
      name: asked.apply((it) => it?.resourceRecordName ?? ''),
      type: asked.apply((it) => it?.resourceRecordType ?? ''),
      records: [asked.apply((it) => it?.resourceRecordValue ?? '')],
      ttl: 60,
      // Another certificate for the name may have brought it, and it is the same for all.
      allowOverwrite: true,
    };
    return new sdk.Record(`${name}-${domain}-proof`, args, options);
  });
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
