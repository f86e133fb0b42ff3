/** What a bucket is made of, with Pulumi's engine mocked; the policies are text that AWS alone can hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { roleOf } from '../../../components/aws/bucket.ts';
import { bucketNames, bucketVariables } from '../../../components/aws/bucket-name.ts';
import { AwsBucket, type AwsBucketArgs } from '../../../components/index.ts';
import { type Engine, engine } from '../engine.ts';

async function made(given: Partial<AwsBucketArgs> = {}): Promise<Engine> {
  const engineOf = await engine({
    computed: { 'aws:s3/bucket:Bucket': { arn: 'arn:aws:s3:::shop-uploads' } },
  });
  const bucket = new AwsBucket('uploads', { name: 'shop-uploads', ...given });
  await new Promise((done) => bucket.bucket.apply(done));
  for (let quiet = 0, last = 0; quiet < 5; await sleep(10)) {
    quiet = engineOf.ended.length === last ? quiet + 1 : 0;
    last = engineOf.ended.length;
  }
  return engineOf;
}

const inputs = ({ registered }: Engine, type: string) =>
  registered.find((it) => it.type.endsWith(`:${type}`))?.inputs;
const types = ({ registered }: Engine) =>
  registered.map(({ type }) => type.replace(/^.*:/, '')).sort();

test('a bucket is private, encrypted, reached over TLS alone, and not deleted while it holds anything', async () => {
  const engine = await made();
  const bucket = 'shop-uploads';
  assert.deepEqual(types(engine), [
    ...['Bucket', 'Bucket', 'BucketLifecycleConfiguration', 'BucketOwnershipControls'],
    ...['BucketPolicy', 'BucketPublicAccessBlock', 'BucketServerSideEncryptionConfiguration'],
  ]);
  const own = engine.registered.find(({ type }) => type === 'aws:s3/bucket:Bucket');
  assert.deepEqual(own?.inputs, {
    ...{ bucket, forceDestroy: false },
    tags: { Name: 'uploads', 'keelson:project': 'keelson', 'keelson:stack': 'test' },
  });
  assert.deepEqual(inputs(engine, 'BucketPublicAccessBlock'), {
    ...{ bucket, blockPublicAcls: true, blockPublicPolicy: true },
    ...{ ignorePublicAcls: true, restrictPublicBuckets: true },
  });
  assert.deepEqual(inputs(engine, 'BucketOwnershipControls'), {
    bucket,
    rule: { objectOwnership: 'BucketOwnerEnforced' },
  });
  assert.deepEqual(inputs(engine, 'BucketServerSideEncryptionConfiguration'), {
    bucket,
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
  });
  assert.deepEqual(inputs(engine, 'BucketLifecycleConfiguration'), {
    bucket,
    rules: [
      {
        ...{ id: 'unfinished uploads', status: 'Enabled', filter: {} },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    ],
  });
  const policy = inputs(engine, 'BucketPolicy');
  assert.equal(policy?.bucket, bucket);
  assert.deepEqual(JSON.parse(String(policy?.policy)), {
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Sid: 'TlsOnly', Effect: 'Deny', Principal: '*', Action: 's3:*' },
        Resource: ['arn:aws:s3:::shop-uploads', 'arn:aws:s3:::shop-uploads/*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });
});

test('older versions stay where that is wanted', async () => {
  assert.deepEqual(inputs(await made({ versioning: true }), 'BucketVersioning'), {
    bucket: 'shop-uploads',
    versioningConfiguration: { status: 'Enabled' },
  });
});

test('a role has the rights to use this bucket, and no other right', async () => {
  const engine = await made({ roles: { web1: 'web1-role' } });
  const { role, policy, ...rest } = inputs(engine, 'RolePolicy') ?? {};
  assert.equal(role, 'web1-role');
  assert.deepEqual(rest, {});
  assert.deepEqual(JSON.parse(String(policy)), {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: 'arn:aws:s3:::shop-uploads' },
      {
        Effect: 'Allow',
        Action: [
          ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
          ...['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        ],
        Resource: 'arn:aws:s3:::shop-uploads/*',
      },
    ],
  });
});

test('a name that S3 would refuse is refused before', () => {
  assert.throws(
    () => new AwsBucket('uploads', { name: 'My.Uploads' }),
    /bucket uploads: name: "My\.Uploads" is not the name of a bucket; use 3 to 63/,
  );
});

const account = {
  getCallerIdentity: () => ({ accountId: '111122223333' }),
  getRegion: () => ({ region: 'eu-central-1' }),
};
const bucket = { apps: ['shop'], versioning: false };

test('a stack’s bucket is named after project, stack, account and region, unless it has a name', async () => {
  await engine({ answers: account });
  const buckets = { uploads: bucket, more: { ...bucket, name: 'more-of-shop' } };
  const known = await bucketNames(buckets);
  assert.deepEqual(known, {
    region: 'eu-central-1',
    names: {
      uploads: 'keelson-test-uploads-111122223333-eu-central-1',
      more: 'more-of-shop',
    },
  });
  assert.deepEqual(bucketVariables('shop', buckets, known), {
    AWS_REGION: 'eu-central-1',
    UPLOADS_BUCKET: 'keelson-test-uploads-111122223333-eu-central-1',
    MORE_BUCKET: 'more-of-shop',
  });
  assert.deepEqual(bucketVariables('blog', buckets, known), {});
});

test('a name that would be too long is to be given', async () => {
  await engine({ answers: account });
  await assert.rejects(
    bucketNames({ [`u${'x'.repeat(30)}`]: bucket }),
    /aws\.buckets\.ux+\.name: "keelson-test-ux+-111122223333-eu-central-1" is too long for S3; write a name of up to 63 characters/,
  );
});

test('a server without a role is told to have one', () => {
  assert.equal(roleOf('uploads', 'web1', 'web1-role'), 'web1-role');
  assert.throws(
    () => roleOf('uploads', 'web1', undefined),
    /bucket uploads: roles\.web1: there is no role; make the server with role: true/,
  );
});
