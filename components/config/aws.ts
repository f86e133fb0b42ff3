/** AWS: what a stack file says of servers that are made on EC2: of one, and of all. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { mount } from '../server/disks.ts';
import { balancerSchema } from './aws-balancer.ts';
import { bucketsSchema } from './aws-buckets.ts';

const awsTags = z
  .record(
    field.plainText.refine((key) => !/^(aws|keelson):|^Name$/.test(key), {
      error: 'is set by AWS or the kit; choose another name',
    }),
    field.plainText,
  )
  .prefault({});

const volumeSize = field.matching(
  /^[1-9][0-9]{0,4}G$/,
  'is not the size of a volume; write whole gigabytes, such as 20G',
);

const kmsKey = field
  .matching(
    /^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:)?(?:key\/|alias\/)?[A-Za-z0-9/_-]{1,256}$/,
    'is not a KMS key; give its ARN, such as arn:aws:kms:eu-central-1:111122223333:key/…',
  )
  .optional();

const uploadsDisk = z
  .strictObject({
    size: volumeSize.describe('Size of the volume, such as 100G; it can grow, and never shrink'),
    mount: mount
      .prefault('/mnt/uploads')
      .describe('Where it is mounted; `places` of an app names directories in it'),
    kmsKey: kmsKey.describe('KMS key that encrypts it; default: that of the account for EBS'),
    protect: z
      .boolean()
      .prefault(true)
      .describe('Whether Pulumi refuses to delete it; set it to false and run `up` before it goes'),
  })
  .optional()
  .describe('A volume for uploads of its own, which outlives the instance; formatted when empty');

/** What is said of one server under `servers.NAME.aws`. */
export const awsServerSchema = z
  .strictObject({
    type: field
      .matching(
        /^[a-z][a-z0-9-]{0,30}\.[a-z0-9-]{1,30}$/,
        'is not an instance type; write one such as t4g.small',
      )
      .describe('Instance type, such as t4g.small; it also says whether amd64 or arm64'),
    zone: field
      .matching(
        /^[a-z]{2}(?:-[a-z]+)+-[0-9](?:-[a-z]+-[0-9])?[a-z]$/,
        'is not an availability zone; write one such as eu-central-1a',
      )
      .optional()
      .describe('Availability zone, such as eu-central-1a; default: the first one with a subnet'),
    release: z
      .enum(['bookworm', 'trixie'])
      .prefault('trixie')
      .describe('Release of Debian; another one makes the server anew'),
    image: field
      .matching(/^ami-[0-9a-f]{8,17}$/, 'is not the id of an image; write one such as ami-0abc…')
      .optional()
      .describe(
        'Id of the image; default: the newest of Debian’s when the server is made, and that one from then on',
      ),
    disk: volumeSize.prefault('20G').describe('Size of the root volume, such as 20G'),
    kmsKey: kmsKey.describe('KMS key that encrypts the root volume; default: that of the account'),
    uploads: uploadsDisk,
    ssm: z
      .boolean()
      .prefault(false)
      .describe(
        'Whether its role may be managed by Systems Manager (AmazonSSMManagedInstanceCore)',
      ),
    boot: field
      .duration('30s', '1h')
      .prefault('5m')
      .describe('How long a new machine may take until cloud-init is done'),
    tags: awsTags.describe('Tags of this server alone, beside those of all'),
  })
  .describe('Makes the server on EC2, in the region of `aws:region`; instead of `address`');

const sshFrom = z
  .union([
    z.literal('anywhere'),
    z
      .array(
        field.network.refine((given) => !/\/0$/.test(given), {
          error: 'is the whole world; name your own networks, or write ssh: anywhere',
        }),
      )
      .min(1, 'is empty, so that nobody could log in; name your networks, such as 203.0.113.0/24'),
  ])
  .describe('Networks from which SSH is reached, such as 203.0.113.0/24; or `anywhere`');

/** What all servers on AWS of a stack share, under `keelson:aws`. */
export const awsSchema = z
  .strictObject({
    ssh: sshFrom,
    keys: z
      .array(field.publicKey)
      .min(1, 'is empty, so that nobody could log in; give the line of a .pub file')
      .describe('Public keys that may log in as admin on servers that are made from now on'),
    vpc: field
      .matching(/^vpc-[0-9a-f]{8,17}$/, 'is not the id of a VPC; write one such as vpc-0abc…')
      .optional()
      .describe('Id of the VPC; default: that of `subnets`, else the default one of the account'),
    subnets: z
      .array(
        field.matching(
          /^subnet-[0-9a-f]{8,17}$/,
          'is not the id of a subnet; write one such as subnet-0abc…',
        ),
      )
      .min(1, 'is empty; name at least one, or leave it out')
      .optional()
      .describe('Ids of public subnets, one for each zone; default: all of the VPC'),
    balancer: balancerSchema,
    buckets: bucketsSchema,
    tags: awsTags.describe('Tags of everything that is made, beside Name and the kit’s own'),
  })
  .describe('What the servers on AWS share: who may log in, and their network');

export type AwsServerSettings = z.output<typeof awsServerSchema>;
export type AwsSettings = z.output<typeof awsSchema>;
