/** A bucket of S3 for what apps keep: closed to the world, and open to the roles that are named. */
import type { Bucket } from '@pulumi/aws/s3/bucket.js';
import * as pulumi from '@pulumi/pulumi';
import { bucketName } from '../config/aws-buckets.ts';
import { told } from '../pulumi/told.ts';
import { bucketSdk } from './balancer-sdk.ts';
import { tlsPolicy, usePolicy } from './bucket-policy.ts';
import { tagsOf } from './making.ts';

export type AwsBucketArgs = {
  /** At S3, where it is unique in the world. */
  readonly name: string;
  /** Names of the roles that may read and write it, by server. */
  readonly roles?: Readonly<Record<string, pulumi.Input<string | undefined>>>;
  /** Whether what is overwritten or deleted stays as an older version; default: no. */
  readonly versioning?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
};

/**
 * Makes a private, encrypted bucket that is reached over TLS alone, and gives roles their rights to it.
 *
 * @example new AwsBucket('uploads', { name: 'shop-uploads-111122223333', roles: { web1: machine.role } });
 */
export class AwsBucket extends pulumi.ComponentResource {
  readonly bucket: pulumi.Output<string>;

  constructor(name: string, args: AwsBucketArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { data, error } = bucketName.safeParse(args.name);
    if (data === undefined)
      throw told(`bucket ${name}: name: "${args.name}" ${error.issues[0]?.message}`);
    super('keelson:aws:Bucket', name, Object.defineProperty({}, 'args', { value: args }), options);
    this.bucket = pulumi.output(makeBucket(this, name, args));
    this.registerOutputs({ bucket: this.bucket });
  }
}

type Making = {
  readonly sdk: Awaited<ReturnType<typeof bucketSdk>>;
  readonly name: string;
  readonly made: Bucket;
  readonly options: { readonly parent: pulumi.Resource };
};

async function makeBucket(
  parent: pulumi.Resource,
  name: string,
  { name: bucket, roles = {}, versioning = false, tags = {} }: AwsBucketArgs,
): Promise<pulumi.Output<string>> {
  const sdk = await bucketSdk();
  const options = { parent };
  // One that holds anything is not deleted.
  const all = { bucket, forceDestroy: false, tags: tagsOf(name, tags) };
  const made = new sdk.Bucket(name, all, options);
  const making = { sdk, name, made, options };
  close(making);
  keep(making, versioning);
  for (const [server, role] of Object.entries(roles)) open(making, server, role);
  return made.bucket;
}

/** To all but those whom a policy of their own lets in, and to everybody without TLS. */
function close({ sdk, name, made, options }: Making): void {
  const { bucket } = made;
  const blocked = { blockPublicAcls: true, blockPublicPolicy: true };
  const ignored = { ignorePublicAcls: true, restrictPublicBuckets: true };
  const closed = new sdk.BucketPublicAccessBlock(name, { bucket, ...blocked, ...ignored }, options);
  const rule = { objectOwnership: 'BucketOwnerEnforced' };
  new sdk.BucketOwnershipControls(name, { bucket, rule }, options);
  // S3 refuses two changes of who may come in at the same time.
  new sdk.BucketPolicy(
    name,
    { bucket, policy: made.arn.apply(tlsPolicy) },
    { ...options, dependsOn: [closed] },
  );
}

/** How it keeps what is put there. */
function keep({ sdk, name, made, options }: Making, versioning: boolean): void {
  const { bucket } = made;
  const encrypted = { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } };
  new sdk.BucketServerSideEncryptionConfiguration(name, { bucket, rules: [encrypted] }, options);
  const versions = { bucket, versioningConfiguration: { status: 'Enabled' } };
  // Without it once more, S3 suspends what it did.
  if (versioning) new sdk.BucketVersioning(name, versions, options);
  const unfinished = {
    ...{ id: 'unfinished uploads', status: 'Enabled', filter: {} },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
  };
  new sdk.BucketLifecycleConfiguration(name, { bucket, rules: [unfinished] }, options);
}

/** To the programs of a server. */
function open(
  { sdk, name, made, options }: Making,
  server: string,
  given: pulumi.Input<string | undefined>,
): void {
  const role = pulumi.output(given).apply((it) => roleOf(name, server, it));
  new sdk.RolePolicy(`${name}@${server}`, { role, policy: made.arn.apply(usePolicy) }, options);
}

/** A server has one where it was asked for. */
export function roleOf(bucket: string, server: string, role: string | undefined): string {
  if (role !== undefined) return role;
  throw told(
    `bucket ${bucket}: roles.${server}: there is no role; make the server with role: true`,
  );
}
