/** A server of a stack file: one that is there, or one that is made on AWS. */
import { mapping, type Rule } from '../fields/shape.ts';
import { type ServerConfig, serverFields, serverRules } from '../server/components.ts';
import { type AwsServerSettings, awsServerSchema } from './aws.ts';

const { address, ...others } = serverFields;

const fields = { address: address.optional(), aws: awsServerSchema.optional(), ...others };

type Given = Partial<Omit<ServerConfig, 'name'>> & { aws?: AwsServerSettings };

const rules: readonly Rule<Given>[] = [
  {
    path: 'address',
    error:
      'is missing; write where the server is reached over SSH, or aws for one that is made there',
    holds: (given) => given.address !== undefined || given.aws !== undefined,
  },
  {
    path: 'address',
    error: 'is given beside aws, whose servers get one of their own; keep one of them',
    holds: (given) => given.address === undefined || given.aws === undefined,
  },
  {
    path: 'knownHosts',
    error: 'is given beside aws, where the program makes the host key itself; leave it out',
    holds: (given) => given.knownHosts === undefined || given.aws === undefined,
  },
];

export const stackServerSchema = mapping(fields, [
  ...(serverRules as readonly Rule<never>[]),
  ...(rules as readonly Rule<never>[]),
]).describe('A server: how it is reached or where it is made, and its settings');

/** Stands where an address is not known yet, and reaches nobody (RFC 2606). */
export const nowhere = (name: string): string => `${name}.invalid`;
