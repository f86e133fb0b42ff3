/** AWS's buckets: what a stack file says of them, and what must hold between them and the apps that use them. */
import { z } from 'zod';
import type { AppConfig } from '../app/components.ts';
import { isLocal } from '../app/sandbox.ts';
import * as field from '../fields/index.ts';
import type { Problem } from './problem.ts';

const key = field.matching(
  /^[a-z][a-z0-9-]{0,30}$/,
  'is not a name; use lower-case letters, digits and hyphens, such as uploads',
);

/** As S3 has them, but for dots, which no certificate of its own covers. */
export const bucketName = field.matching(
  /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  'is not the name of a bucket; use 3 to 63 lower-case letters, digits and hyphens',
);

export const bucketSchema = z.strictObject({
  apps: z
    .array(field.appName)
    .min(1, 'is empty; name the apps that use it')
    .describe('Apps that may read and write it; its name is in their environment'),
  name: bucketName
    .optional()
    .describe('Its name at S3; default: PROJECT-STACK-NAME-ACCOUNT-REGION'),
  versioning: z
    .boolean()
    .prefault(false)
    .describe('Whether what is overwritten or deleted stays as an older version'),
});

export const bucketsSchema = z
  .record(key, bucketSchema)
  .prefault({})
  .describe('Buckets of S3 for what apps on AWS keep, by name');

export type Buckets = Readonly<Record<string, z.output<typeof bucketSchema>>>;

type Place = {
  readonly name: string;
  /** There where the server is made on EC2. */
  readonly aws?: object | undefined;
  readonly apps: readonly AppConfig[];
  readonly secrets: Readonly<Record<string, object>>;
};

/**
 * The environment variable that has a bucket's name.
 * @example bucketVariable('user-uploads') // USER_UPLOADS_BUCKET
 */
export const bucketVariable = (name: string): string =>
  `${name.replaceAll('-', '_').toUpperCase()}_BUCKET`;

/** Apps that cannot use a bucket. */
export const bucketConflicts = (buckets: Buckets, places: readonly Place[]): Problem[] =>
  Object.entries(buckets).flatMap(([name, bucket]) =>
    bucket.apps.flatMap((user, index) => {
      const at = `aws.buckets.${name}.apps.${index}: "${user}"`;
      const app = places.flatMap(({ apps }) => apps).find((it) => it.name === user);
      if (!app) return [`${at} is no app; write the name of one, or leave it out`];
      return userConflicts({ at, name, app, places });
    }),
  );

type User = { at: string; name: string; app: AppConfig; places: readonly Place[] };

function userConflicts({ at, name, app, places }: User): Problem[] {
  const own = places.filter(({ apps }) => apps.some((it) => it.name === app.name));
  const elsewhere = own.filter(({ aws }) => !aws).map((place) => place.name);
  if (!('env' in app)) return [`${at} is a static site, which runs nothing; leave it out`];
  const variable = bucketVariable(name);
  const isTaken =
    variable in app.env || own.some(({ secrets }) => variable in (secrets[app.name] ?? {}));
  return [
    ...(elsewhere.length > 0
      ? [
          `${at} runs on ${elsewhere.join(', ')}, which gets no rights at AWS; run it on servers on AWS alone`,
        ]
      : []),
    ...(!isLocal(app.sandbox)
      ? []
      : [`${at} may not reach S3; set apps.${app.name}.sandbox.network to any`]),
    ...(isTaken
      ? [
          `apps.${app.name}.env.${variable}: is set by aws.buckets.${name}; leave it out, or rename the bucket`,
        ]
      : []),
  ];
}

/** The apps, those that use a bucket with leave to ask for the rights of their machine. */
export function withMetadata<A extends AppConfig>(apps: readonly A[], buckets: Buckets = {}): A[] {
  const users = Object.values(buckets).flatMap(({ apps }) => apps);
  return apps.map((app) => (users.includes(app.name) ? { ...app, metadata: true } : app));
}
