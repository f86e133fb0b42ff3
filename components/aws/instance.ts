/** The instance of a server, and what of the last run it keeps. */
import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import type { AwsServerSettings } from '../config/aws.ts';
import { namedOutputs, outputsOf } from '../pulumi/state.ts';
import { newHostKey } from '../ssh/host-key.ts';
import { family, newestImage } from './image.ts';
import type { Making } from './making.ts';
import { sdk } from './sdk.ts';
import { gibibytes } from './uploads.ts';
import { userData } from './user-data.ts';

/** Tags the instance with what its image is of, so that another release is told from a newer image. */
const familyTag = 'keelson:image';

const lastSchema = z.object({
  id: z.string(),
  ami: z.string(),
  subnetId: z.string(),
  userData: z.string().optional(),
  tags: z.record(z.string(), z.string()).nullish(),
});

/** The instance of the last run, as the state has it. */
export type Last = z.output<typeof lastSchema>;

const type = 'keelson:aws:Server$aws:ec2/instance:Instance';

/** Ids of the subnets that instances of the last run stand in. */
export async function usedSubnets(): Promise<ReadonlySet<unknown>> {
  const all = [...(await namedOutputs(type)).values()];
  return new Set(all.map(({ subnetId }) => subnetId));
}

/** @throws when there is one that cannot be read, lest it passes for none. */
export async function lastInstance(name: string): Promise<Last | undefined> {
  const outputs = await outputsOf(type, name);
  if (!outputs) return undefined;
  const read = lastSchema.safeParse(outputs);
  if (read.success) return read.data;
  const missed = [...new Set(read.error.issues.map(({ path }) => path.join('.')))].join(', ');
  throw new Error(`the state does not tell ${missed} of its instance; run pulumi refresh`);
}

type Given = {
  readonly settings: AwsServerSettings;
  readonly keys: readonly string[];
  readonly architecture: string;
  readonly subnetId: pulumi.Input<string>;
  readonly groupId: pulumi.Input<string>;
  readonly profile: pulumi.Input<string> | undefined;
  readonly last: Last | undefined;
};

/** Registers it; what would replace it in vain stays as the last run left it. */
export async function instanceOf(making: Making, given: Given) {
  const { Instance } = await sdk();
  const { settings, keys, architecture, subnetId, groupId, profile, last } = given;
  const { name, tags, options } = making;
  const images = family(settings.release, architecture);
  const ami = await imageOf(making, settings.image, images, last);
  const moves = typeof subnetId === 'string' && last?.subnetId !== subnetId;
  const isReplaced = last !== undefined && (last.ami !== ami || moves);
  const text = (isReplaced ? undefined : last?.userData) ?? userData(newHostKey(), keys);
  return new Instance(
    name,
    {
      ...{ ami, subnetId, instanceType: settings.type },
      vpcSecurityGroupIds: [groupId],
      ...(profile && { iamInstanceProfile: profile }),
      userData: pulumi.secret(text),
      // In place it would stop the instance, and tell it nothing.
      userDataReplaceOnChange: true,
      metadataOptions: {
        ...{ httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      },
      rootBlockDevice: {
        ...{ volumeType: 'gp3', volumeSize: gibibytes(settings.disk), encrypted: true },
        ...(settings.kmsKey && { kmsKeyId: settings.kmsKey }),
        ...{ deleteOnTermination: true, tags },
      },
      tags: { ...tags, [familyTag]: images },
    },
    {
      ...options,
      additionalSecretOutputs: ['userData', 'userDataBase64'],
      // One that is there under whatever other name stays, with the host key that it was made with.
      ...(!isReplaced && { ignoreChanges: ['ami', 'subnetId', 'userData', 'userDataBase64'] }),
    },
  );
}

/** The image that is named; else the one that it runs, unless it is to be of another release or architecture. */
async function imageOf(
  { name, options }: Making,
  named: string | undefined,
  images: string,
  last: Last | undefined,
): Promise<string> {
  const was = last?.tags?.[familyTag] ?? images;
  if (named !== undefined) return named;
  if (last === undefined || was !== images) return await newestImage(images, options);
  if (pulumi.runtime.isDryRun()) await tellOfNewer(name, images, last.ami, options.parent);
  return last.ami;
}

async function tellOfNewer(name: string, images: string, own: string, resource: pulumi.Resource) {
  const newest = await newestImage(images, { parent: resource }).catch(() => own);
  if (newest !== own)
    pulumi.log.info(
      `server ${name}: there is a newer image of ${images} than its own ${own}; image: ${newest} makes it anew from that`,
      resource,
    );
}
