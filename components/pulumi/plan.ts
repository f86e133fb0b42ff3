/** What is registered of one host. */
import type * as pulumi from '@pulumi/pulumi';
import type { Look } from '../host/look.ts';

/** All that is to be registered for one host. */
export type Plan = {
  readonly host: pulumi.ComponentResource;
  readonly name: string;
  readonly user: string;
  /** Names this run, for what is new. */
  readonly run: string;
  readonly look: Look;
  /** A secret to Pulumi, as the plugin has it. */
  readonly connection: pulumi.Input<object>;
  /** What only follows from the host's arguments. */
  after(text: string): pulumi.Output<string>;
  /** Resources of other hosts whose rollouts come first. */
  readonly turns: Promise<readonly pulumi.Resource[]>;
};
