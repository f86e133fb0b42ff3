/** Where servers on AWS stand. */

/** A VPC, and the subnet of each of its availability zones that is used. */
export type Network = {
  readonly vpc: string;
  /** By zone, such as `eu-central-1a`. */
  readonly subnets: Readonly<Record<string, string>>;
};

/**
 * Finds the network that is named, or the default one of the account.
 * @throws when there is none, with the remedy.
 * @example await findNetwork({ subnets: ['subnet-0123456789abcdef0'] })
 */
export async function findNetwork(_given: {
  vpc?: string | undefined;
  subnets?: readonly string[] | undefined;
}): Promise<Network> {
  throw new Error('not yet');
}
