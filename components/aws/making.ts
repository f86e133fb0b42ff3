/** What all resources of a server, or of another part on AWS, have in common. */
import * as pulumi from '@pulumi/pulumi';

export type Making = {
  /** Of the server, and of each resource of it. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly options: { readonly parent: pulumi.Resource };
};

/** Tags of everything that is made: those that are given, its name, and whose it is. */
export const tagsOf = (name: string, given: Readonly<Record<string, string>>) => ({
  ...given,
  Name: name,
  'keelson:project': pulumi.getProject(),
  'keelson:stack': pulumi.getStack(),
});
