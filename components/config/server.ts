/** A server of a stack file: one that is there, or one that is made on AWS. */
import * as field from '../fields/index.ts';
import { mapping, type Rule } from '../fields/shape.ts';
import { type ServerConfig, serverFields, serverRules } from '../server/components.ts';
import { type AwsServerSettings, awsServerSchema } from './aws.ts';
import type { Problem } from './problem.ts';
import { type Read, readNamed } from './read.ts';

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
]).describe('A server: how it is reached, and its settings');

/** Stands where an address is not known yet, and reaches nobody (RFC 2606). */
const nowhere = (name: string): string => `${name}.invalid`;

/** A single server needs no name in the stack file; `server` is its name everywhere else. */
export function readServers(read: Read, values: Record<string, unknown>): StackServer[] {
  if (values.servers !== undefined)
    return readNamed(read, field.serverName, stackServerSchema, values.servers, 'servers').map(
      addressed,
    );
  const server = read(stackServerSchema, values.server, 'server');
  return server ? [addressed({ ...server, name: 'server' })] : [];
}

/** A server with what it is made of, where it is made. */
export type StackServer = ServerConfig & { readonly aws?: AwsServerSettings | undefined };

/** One that is yet to be made has a name for an address that nobody else has. */
const addressed = <T extends { name: string; address?: string | undefined }>(server: T) => ({
  ...server,
  address: server.address ?? nowhere(server.name),
});

/** Servers on AWS, and nothing of what they share. */
export const missingAws = (
  servers: readonly StackServer[],
  { aws }: Record<string, unknown>,
): Problem[] =>
  aws !== undefined || servers.every((server) => server.aws === undefined)
    ? []
    : ['aws: is missing; write ssh and keys, since servers are made on AWS: who may log in there'];
