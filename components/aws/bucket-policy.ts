/** Policies of a bucket: how it is reached, and what a role may do in it. */

type Statement = Readonly<Record<string, unknown>>;

const policy = (Statement: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement });

/** Nobody comes in without TLS, whatever else lets him in. */
export const tlsPolicy = (arn: string): string =>
  policy([
    {
      ...{ Sid: 'TlsOnly', Effect: 'Deny', Principal: '*', Action: 's3:*' },
      Resource: [arn, `${arn}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  ]);

/** Lists what is in this bucket, reads, writes and deletes it, and ends uploads in parts; no settings, no other bucket. */
export const usePolicy = (arn: string): string =>
  policy([
    { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: arn },
    {
      Effect: 'Allow',
      Action: [
        ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        ...['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      ],
      Resource: `${arn}/*`,
    },
  ]);
