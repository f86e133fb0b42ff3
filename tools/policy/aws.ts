/** Policies on resources of AWS, held against their inputs as the preview has them. */
import { z } from 'zod';
import { nameOf, type Step, typeOf } from '../review/preview.ts';
import type { Finding } from './finding.ts';

type Inputs = Record<string, unknown>;

const list = z.array(z.unknown()).catch([]);
const map = z.record(z.string(), z.unknown()).catch({});
/** Those that are known: one that is not hides none of the others. */
const maps = (value: unknown): Inputs[] =>
  list.parse(value).flatMap((it) => (typeof it === 'object' && it !== null ? [map.parse(it)] : []));

/** An input that only `up` will know. */
const unknown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** All that is wrong with resources that are there after the run. */
export function awsFindings(steps: readonly Step[], sshPorts: readonly number[]): Finding[] {
  return steps.flatMap(({ op, urn, newState }) => {
    if (!newState || ['delete', 'delete-replaced', 'replace'].includes(op)) return [];
    const type = typeOf(urn);
    const open = openings(type, newState.inputs).filter((it) => isOpenSsh(it, sshPorts));
    const plain = volumes(type, newState.inputs).filter(({ encrypted }) => !isTrue(encrypted));
    const subject = nameOf(urn);
    return [
      ...open.map(({ from }) => ({
        ...{ rule: 'open-ssh' as const, subject },
        text: `${subject} (${type}) lets ${from} in by SSH; name the addresses that are to log in, such as 203.0.113.7/32`,
      })),
      ...plain.map(({ what }) => ({
        ...{ rule: 'unencrypted-volume' as const, subject },
        text: `${subject} (${type}) has ${what} that is not encrypted; set encrypted: true`,
      })),
    ];
  });
}

type Opening = { protocol: unknown; first: unknown; last: unknown; from: string };

/** The addresses that a resource lets in, one entry for each. */
function openings(type: string, inputs: Inputs): Opening[] {
  if (
    type === 'aws:ec2/securityGroup:SecurityGroup' ||
    type === 'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup'
  )
    return maps(inputs.ingress).flatMap(rule);
  if (type === 'aws:ec2/securityGroupRule:SecurityGroupRule')
    return inputs.type === 'ingress' ? rule(inputs) : [];
  if (type === 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule')
    return rule({
      ...inputs,
      protocol: inputs.ipProtocol,
      cidrBlocks: [inputs.cidrIpv4, inputs.cidrIpv6],
    });
  return [];
}

const rule = ({ protocol, fromPort, toPort, cidrBlocks, ipv6CidrBlocks }: Inputs): Opening[] =>
  [...list.parse(cidrBlocks), ...list.parse(ipv6CidrBlocks)]
    .filter((from): from is string => typeof from === 'string')
    .map((from) => ({ protocol, first: fromPort, last: toPort, from }));

function isOpenSsh({ protocol, first, last, from }: Opening, ports: readonly number[]): boolean {
  if (from === unknown || !isWorld(from)) return false;
  // AWS takes names in any case, and numbers.
  const name = String(protocol).toLowerCase();
  if (['-1', 'all'].includes(name)) return true;
  if (!['tcp', '6'].includes(name)) return false;
  return ports.some((port) => Number(first) <= port && port <= Number(last));
}

/** More addresses than any one owner has: beyond a /8 of IPv4, or a /16 of IPv6. */
function isWorld(cidr: string): boolean {
  const length = Number(cidr.split('/')[1] ?? Number.NaN);
  return length < (cidr.includes(':') ? 16 : 8);
}

type Volume = { what: string; encrypted: unknown };

/** The volumes that a resource makes. */
function volumes(type: string, inputs: Inputs): Volume[] {
  if (type === 'aws:ebs/volume:Volume') return [{ what: 'a volume', encrypted: inputs.encrypted }];
  if (type === 'aws:ec2/instance:Instance')
    return [
      { what: 'a root volume', encrypted: map.parse(inputs.rootBlockDevice).encrypted },
      ...maps(inputs.ebsBlockDevices).map(({ encrypted }) => ({ what: 'a volume', encrypted })),
    ];
  if (type === 'aws:ec2/launchTemplate:LaunchTemplate')
    return maps(inputs.blockDeviceMappings)
      .filter(({ ebs }) => ebs !== undefined)
      .map(({ ebs }) => ({ what: 'a volume', encrypted: map.parse(ebs).encrypted }));
  return [];
}

const isTrue = (value: unknown): boolean => value === true || value === 'true' || value === unknown;
