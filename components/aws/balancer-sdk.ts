/** What of AWS's package balancers and buckets are made of; loaded when the first of them asks, as in `sdk.ts`. */

/** Loads what a balancer is made of. */
export async function balancerSdk() {
  const [balancing, { SecurityGroup }, { getSubnet }, names] = await Promise.all([
    balancingSdk(),
    import('@pulumi/aws/ec2/securityGroup.js'),
    import('@pulumi/aws/ec2/getSubnet.js'),
    namesSdk(),
  ]);
  return { ...balancing, SecurityGroup, getSubnet, ...names };
}

export type BalancerSdk = Awaited<ReturnType<typeof balancerSdk>>;

async function balancingSdk() {
  const [
    { LoadBalancer },
    { TargetGroup },
    { TargetGroupAttachment },
    { Listener },
    { ListenerRule },
  ] = await Promise.all([
    import('@pulumi/aws/lb/loadBalancer.js'),
    import('@pulumi/aws/lb/targetGroup.js'),
    import('@pulumi/aws/lb/targetGroupAttachment.js'),
    import('@pulumi/aws/lb/listener.js'),
    import('@pulumi/aws/lb/listenerRule.js'),
  ]);
  return { LoadBalancer, TargetGroup, TargetGroupAttachment, Listener, ListenerRule };
}

async function namesSdk() {
  const [{ Certificate }, { CertificateValidation }, { Record }, { getZone }] = await Promise.all([
    import('@pulumi/aws/acm/certificate.js'),
    import('@pulumi/aws/acm/certificateValidation.js'),
    import('@pulumi/aws/route53/record.js'),
    import('@pulumi/aws/route53/getZone.js'),
  ]);
  return { Certificate, CertificateValidation, Record, getZone };
}

/** Loads what a bucket is made of. */
export async function bucketSdk() {
  const [
    { Bucket },
    { BucketPublicAccessBlock },
    { BucketOwnershipControls },
    { BucketServerSideEncryptionConfiguration },
    { BucketVersioning },
    { BucketLifecycleConfiguration },
    { BucketPolicy },
    { RolePolicy },
  ] = await Promise.all([
    import('@pulumi/aws/s3/bucket.js'),
    import('@pulumi/aws/s3/bucketPublicAccessBlock.js'),
    import('@pulumi/aws/s3/bucketOwnershipControls.js'),
    import('@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js'),
    import('@pulumi/aws/s3/bucketVersioning.js'),
    import('@pulumi/aws/s3/bucketLifecycleConfiguration.js'),
    import('@pulumi/aws/s3/bucketPolicy.js'),
    import('@pulumi/aws/iam/rolePolicy.js'),
  ]);
  return {
    ...{ Bucket, BucketPublicAccessBlock, BucketOwnershipControls },
    ...{ BucketServerSideEncryptionConfiguration, BucketVersioning, BucketLifecycleConfiguration },
    ...{ BucketPolicy, RolePolicy },
  };
}

/** Which account and region the program works in. */
export async function whereabouts(): Promise<{ account: string; region: string }> {
  const [{ getCallerIdentity }, { getRegion }] = await Promise.all([
    import('@pulumi/aws/getCallerIdentity.js'),
    import('@pulumi/aws/getRegion.js'),
  ]);
  const [{ accountId }, { region }] = await Promise.all([getCallerIdentity({}), getRegion({})]);
  return { account: accountId, region };
}
