/** The registry of the server's components, in the order of their fields. */
import type { z } from 'zod';
import { secretsOf } from '../fields/secrets.ts';
import { type Merged, mapping, mergedFields, type Shape, type Values } from '../fields/shape.ts';
import { acme } from './acme.ts';
import { alerts } from './alerts.ts';
import type { ServerComponent } from './component.ts';
import { connection } from './connection.ts';
import { deploy } from './deploy.ts';
import { disks } from './disks.ts';
import { filter } from './filter.ts';
import { firewall } from './firewall.ts';
import { hardening } from './hardening.ts';
import { heartbeat } from './heartbeat.ts';
import { identity } from './identity.ts';
import { journal } from './journal.ts';
import { kernel } from './kernel.ts';
import { limits } from './limits.ts';
import { logrotate } from './logrotate.ts';
import { monit } from './monit.ts';
import { nginx } from './nginx.ts';
import { packages } from './packages.ts';
import { passwords } from './passwords.ts';
import { retry } from './retry.ts';
import { ship } from './ship.ts';
import { sshd } from './sshd.ts';
import { status } from './status.ts';
import { sudoers } from './sudoers.ts';
import { takeOver } from './takeover.ts';
import { time } from './time.ts';
import { updates } from './updates.ts';
import { verify } from './verify.ts';

const all = [
  connection,
  takeOver,
  identity,
  packages,
  disks,
  deploy,
  limits,
  retry,
  kernel,
  hardening,
  passwords,
  verify,
  time,
  updates,
  journal,
  logrotate,
  sudoers,
  sshd,
  filter,
  firewall,
  nginx,
  monit,
  alerts,
  heartbeat,
  status,
  ship,
  acme,
] as const;

/** Everything that a stack file says of a server, and its name. */
export type ServerConfig = Values<Merged<typeof all>> & { readonly name: string };

export const serverComponents: readonly ServerComponent<Shape, ServerConfig>[] = all;

export const serverFields = mergedFields(all);

export const serverRules = serverComponents.flatMap(({ rules = [] }) => rules);

/** What `keelson:serverSecrets` may hold. */
export const serverSecretsSchema = secretsOf(serverComponents);

/** How a server is reached, and what it is beside its apps. */
export const serverSchema = mapping(serverFields, serverRules).describe(
  'A server: how it is reached, and its settings',
);

/** What several servers share, of which none has to say anything; and what else a stack file says of a server. */
export const sharedServer = (more: Shape) =>
  mapping(
    {
      ...Object.fromEntries(
        Object.entries(serverFields).map(([name, field]) => [
          name,
          (field as z.ZodType).optional(),
        ]),
      ),
      ...more,
    },
    serverRules,
  );

/** Fields that several servers cannot share. */
export const ownFields: readonly string[] = serverComponents.flatMap(({ own = [] }) => own);
