/** What is registered of one host, and by what connections. */
import type * as pulumi from '@pulumi/pulumi';
import type { Look, Remembered } from '../host/look.ts';
import type { Connections } from './connection.ts';

/** All that is to be registered for one host. */
export type Plan = {
  readonly host: pulumi.ComponentResource;
  readonly name: string;
  readonly user: string;
  /** Names this run, for what is new. */
  readonly run: string;
  readonly look: Look;
  /** Secrets to Pulumi, as the plugin has them. */
  readonly connection: Connections;
  /** What the state has of this host. */
  readonly last?: Remembered | undefined;
  /** How the host is reached, as far as that is the same for all who reach it; nothing where nobody looked. */
  readonly reached?: string | undefined;
  /** What the state keeps for a later `destroy` lets nobody in any more. */
  readonly isBarred?: boolean | undefined;
  /** Comes in over a new connection as the commands do; nothing where nobody looked. */
  readonly enter?: (() => Promise<void>) | undefined;
  /** Waits until the host takes one more connection. */
  readonly pace?: (() => Promise<void>) | undefined;
  /** What only follows from the host's arguments. */
  after(text: string): pulumi.Output<string>;
  /** What takes all that is on the host with it when it goes. */
  readonly deletedWith?: pulumi.Resource | undefined;
  /** Resources of other hosts whose rollouts come first. */
  readonly turns: Promise<readonly pulumi.Resource[]>;
};

/** The connection of a command that will make it, once the host takes one more. */
export function paced(
  { pace }: Plan,
  connection: pulumi.Input<object>,
  settled: readonly string[],
  dependsOn: pulumi.CustomResourceOptions['dependsOn'],
): pulumi.Input<object> {
  if (!pace || settled.includes('connection')) return connection;
  const turn = Promise.resolve(dependsOn as pulumi.Resource | pulumi.Resource[] | undefined)
    .then((all) => Promise.all([all ?? []].flat().map(isDone)))
    .then(pace);
  return turn.then(() => connection);
}

/** When a resource has been dealt with. */
export const isDone = ({ urn }: pulumi.Resource): Promise<unknown> =>
  new Promise((done) => urn.apply(done));
