/** A server of a stack file: one that is there, or one that is made on AWS. */
import type { z } from 'zod';
import { mapping, type Rule } from '../fields/shape.ts';
import {
  type ServerConfig,
  serverFields,
  serverRules,
  sharedServer,
} from '../server/components.ts';
import { type AwsServerSettings, awsServerSchema } from './aws.ts';
import type { Problem } from './problem.ts';

const { address, ...others } = serverFields;

const fields = { address: address.optional(), aws: awsServerSchema.optional(), ...others };

const allRules = (): readonly Rule<never>[] => [
  ...(serverRules as readonly Rule<never>[]),
  ...(rules as readonly Rule<never>[]),
];

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
    error:
      'is given beside aws, whose servers get one of their own; keep one of them, or write aws: null where servers share aws',
    holds: (given) => given.address === undefined || given.aws === undefined,
  },
  {
    path: 'port',
    error: 'is given beside aws, where sshd listens on 22 and nothing else is let in; leave it out',
    holds: ({ aws, port = 22 }) => aws === undefined || port === 22,
  },
  {
    path: 'knownHosts',
    error: 'is given beside aws, where the program makes the host key itself; leave it out',
    holds: (given) => given.knownHosts === undefined || given.aws === undefined,
  },
];

export const stackServerSchema = mapping(fields, allRules()).describe(
  'A server: how it is reached, and its settings',
);

/** The same beside others, with what its apps are there alone. */
export const namedServerSchema = <A extends z.ZodType>(apps: A) =>
  mapping({ ...fields, apps }, allRules());

/** Whatever several servers share, of which none has to say anything. */
export const sharedStackServerSchema = sharedServer({ aws: awsServerSchema.optional() });

/** A server with what it is made of, where it is made. */
export type StackServer = {
  readonly server: ServerConfig;
  readonly aws?: AwsServerSettings | undefined;
};

/** Stands where an address is not known yet, and reaches nobody (RFC 2606). */
const nowhere = (name: string): string => `${name}.invalid`;

/** A server that was read, under its name; one that is yet to be made has an address that nobody else has. */
export const stackServer = (
  { aws, ...given }: z.output<typeof stackServerSchema>,
  name: string,
): StackServer => ({
  server: { ...given, name, address: given.address ?? nowhere(name) } as ServerConfig,
  ...(aws && { aws }),
});

/** Servers on AWS, and nothing of what they share. */
export const missingAws = (
  places: readonly { readonly aws?: object | undefined }[],
  { aws }: Readonly<Record<string, unknown>>,
): Problem[] =>
  aws !== undefined || places.every((place) => place.aws === undefined)
    ? []
    : ['aws: is missing; write ssh and keys, since servers are made on AWS: who may log in there'];
