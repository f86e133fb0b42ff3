/** Stack: the schemas of everything that a stack file may say. */
import { z } from 'zod';
import { appSchema } from '../app/components.ts';
import * as field from '../fields/index.ts';
import { serverSecretsSchema } from '../server/components.ts';
import { type AwsSettings, awsSchema } from './aws.ts';
import { type Exceptions, exceptionsSchema } from './exceptions.ts';
import { extendsSchema } from './extends.ts';
import { type HostConfig, hostAppSchema, secretsSchema } from './host.ts';
import { namedServerSchema, stackServerSchema } from './server.ts';

const ownApps = z
  .record(field.appName, hostAppSchema)
  .optional()
  .describe('Settings that apps have on this server alone, by app; null: it does not run here');

export const serversSchema = z
  .record(field.serverName, namedServerSchema(ownApps))
  .describe(
    'The servers of a stack that has more than one, by name; keelson:server beside it is what they share',
  );

/** An app, and where it runs. */
export const stackAppSchema = appSchema({
  servers: z
    .array(field.serverName)
    .min(1, 'is empty; name at least one server, or leave it out')
    .optional()
    .describe('Names of the servers that the app runs on; default: all of the stack'),
});

export const appsSchema = z
  .record(field.appName, stackAppSchema)
  .prefault({})
  .describe('The apps, by name; each runs on every server of the stack, or on those that it names');

export const driftSchema = z
  .enum(['look', 'ignore'])
  .prefault('look')
  .describe('`ignore`: previews do not look at the hosts, and show the program’s changes alone');

export const rolloutSchema = z
  .strictObject({
    servers: z
      .union([field.integer(1, 1000), field.percentage])
      .prefault(1)
      .describe('How many servers, or what share of them, move to a release at the same time'),
  })
  .prefault({})
  .describe('How a release moves over the servers of a stack');

/** The keys of a stack file, without their `keelson:`. */
export const stackSchemas = {
  extends: extendsSchema,
  server: stackServerSchema,
  servers: serversSchema,
  apps: appsSchema,
  aws: awsSchema,
  secrets: secretsSchema,
  serverSecrets: serverSecretsSchema,
  drift: driftSchema,
  rollout: rolloutSchema,
  exceptions: exceptionsSchema,
} as const;

export type Config = {
  /** Each server with the apps that run on it. */
  hosts: HostConfig[];
  drift: z.output<typeof driftSchema>;
  rollout: z.output<typeof rolloutSchema>;
  /** What `keelson policy` is to let pass. */
  exceptions: Exceptions;
  /** What its servers on AWS share; there when one of them is. */
  aws?: AwsSettings | undefined;
  /** The file beside the stack file that says which builds of Node.js are meant. */
  pins: string;
};
