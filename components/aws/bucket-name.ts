/** The names of a stack's buckets at S3, which has each name once in the world. */
import * as pulumi from '@pulumi/pulumi';
import { type Buckets, bucketName, bucketVariable } from '../config/aws-buckets.ts';
import { told } from '../pulumi/told.ts';
import { whereabouts } from './balancer-sdk.ts';

/** By the names of a stack file: what each is called at S3, and the region of all. */
export type BucketNames = {
  readonly region: string;
  readonly names: Readonly<Record<string, string>>;
};

/** The name that a stack file gives, or one that says whose it is and where. */
export async function bucketNames(buckets: Buckets): Promise<BucketNames> {
  const { account, region } = await whereabouts();
  const entries = Object.entries(buckets).map(([key, { name }]) => {
    const whose = `${pulumi.getProject()}-${pulumi.getStack()}-${key}`;
    const chosen =
      name ?? `${whose.toLowerCase().replace(/[^a-z0-9-]/g, '-')}-${account}-${region}`;
    if (!bucketName.safeParse(chosen).success)
      throw told(
        `aws.buckets.${key}.name: "${chosen}" is too long for S3; write a name of up to 63 characters`,
      );
    return [key, chosen] as const;
  });
  return { region, names: Object.fromEntries(entries) };
}

/**
 * What an app finds in its environment: the name of each bucket that it uses, and their region.
 * @example { UPLOADS_BUCKET: 'keelson-prod-uploads-111122223333-eu-central-1', AWS_REGION: 'eu-central-1' }
 */
export function bucketVariables(
  app: string,
  buckets: Buckets,
  { region, names }: BucketNames,
): Record<string, string> {
  const own = Object.entries(buckets).filter(([, { apps }]) => apps.includes(app));
  if (own.length === 0) return {};
  const variables = own.map(([key]) => [bucketVariable(key), names[key] ?? '']);
  return { AWS_REGION: region, ...Object.fromEntries(variables) };
}
