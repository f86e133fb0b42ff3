/** What all resources of a server on AWS have in common. */
import type * as pulumi from '@pulumi/pulumi';

export type Making = {
  /** Of the server, and of each resource of it. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly options: { readonly parent: pulumi.Resource };
};
