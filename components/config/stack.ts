/** Stack: the schemas of everything that a stack file may say. */
import { z } from 'zod';
import { type AppConfig, appSchema } from '../app/app.ts';
import * as field from '../fields/index.ts';
import { type ServerConfig, serverSchema } from '../server/server.ts';

export const serversSchema = z
  .record(field.serverName, serverSchema)
  .describe('The servers of a stack that has more than one, by name; instead of keelson:server');

export const appsSchema = z
  .record(field.appName, appSchema)
  .prefault({})
  .describe('The apps, by name; each runs on every server of the stack');

export const secretsSchema = z
  .record(field.appName, z.record(field.environmentName, field.environmentValue))
  .prefault({})
  .describe('Secret environment variables, by app and name; encrypted by `pulumi config set`');

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
  server: serverSchema,
  servers: serversSchema,
  apps: appsSchema,
  secrets: secretsSchema,
  drift: driftSchema,
  rollout: rolloutSchema,
} as const;

export type Config = {
  servers: ServerConfig[];
  apps: AppConfig[];
  /** Values of secret environment variables, by app and name. */
  secrets: z.output<typeof secretsSchema>;
  drift: z.output<typeof driftSchema>;
  rollout: z.output<typeof rolloutSchema>;
};
