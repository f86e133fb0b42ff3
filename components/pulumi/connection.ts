/** What `@pulumi/command` is given to reach the host as the look reached it. */
import { isDeepStrictEqual } from 'node:util';
import type * as pulumi from '@pulumi/pulumi';
import type { Reached } from '../ssh/connection.ts';
import { keptSchema, knock } from '../ssh/knock.ts';

/**
 * Failed attempts after the first one, with pauses from 0.1 to 5 s: 20 s in all. That outlasts a host that is limiting
 * its connections for a moment; that the login is right the look has shown.
 */
const patient = 12;

/**
 * A later run's delete has this connection and no look before it, and tries a key that holds no more as often: sshd of
 * Debian 13 locks the address out at the fourth, and what is told then is a connection that was lost.
 */
const brief = 1;

/** One for what runs in this run alone, and one that a later `destroy` uses; secrets to Pulumi, as the plugin has them. */
export type Connections = {
  readonly now: pulumi.Input<object>;
  readonly kept: pulumi.Input<object>;
};

/** @param isKept whether a later `destroy` uses it. */
export const commandConnection = (reached: Reached, isKept = false): object => ({
  ...end(reached),
  dialErrorLimit: isKept ? brief : patient,
  ...(reached.jump && { proxy: { ...end(reached.jump), dialErrorLimit: brief } }),
});

const end = ({ target, hostKey, login }: Reached): object => ({
  ...{ host: target.address, port: target.port, user: target.user, hostKey },
  ...('key' in login
    ? { privateKey: login.key.text }
    : !login.isUsual && { agentSocketPath: login.agent }),
});

/** What of a connection is the same for all who reach this host by this stack file, whoever they are. */
export const sameForAll = (
  { target, hostKey }: Reached,
  given: { user?: string | undefined },
): string => [target.address, target.port, given.user ?? '', hostKey].join(' ');

/** Whether what the state has for a later `destroy` still leads to its host; asked where this run's is another one. */
export async function holds(kept: unknown, now: object): Promise<boolean> {
  const before = keptSchema.safeParse(kept).data;
  if (!before || isDeepStrictEqual(before, keptSchema.parse(now))) return true;
  return (await knock(before)) === undefined;
}
