/** The volume for uploads: it outlives the instance that it is attached to. */
import * as pulumi from '@pulumi/pulumi';
import type { AwsServerSettings } from '../config/aws.ts';
import { given } from '../pulumi/inputs.ts';
import { outputsOf } from '../pulumi/state.ts';
import type { Making } from './making.ts';
import { sdk } from './sdk.ts';

type Uploads = NonNullable<AwsServerSettings['uploads']>;

/** Where the volume is attached: an instance, and its zone, in which the volume has to be. */
type Place = { readonly instanceId: pulumi.Input<string>; readonly zone: pulumi.Input<string> };

/** Makes and attaches it; known by mount when it is attached. */
export async function uploadsVolume(
  { name, tags, options }: Making,
  { size, mount, kmsKey, protect }: Uploads,
  { instanceId, zone }: Place,
): Promise<pulumi.Output<Record<string, string>>> {
  const { Volume, VolumeAttachment } = await sdk();
  const volume = new Volume(
    `${name}-uploads`,
    {
      availabilityZone: zone,
      ...{ type: 'gp3', size: gibibytes(size), encrypted: true },
      ...(kmsKey && { kmsKeyId: kmsKey }),
      tags: { ...tags, Name: `${name}-uploads` },
    },
    { ...options, protect },
  );
  const attachment = new VolumeAttachment(
    `${name}-uploads`,
    {
      ...{ volumeId: volume.id, instanceId, deviceName: '/dev/sdf' },
      // An instance that is replaced still has it mounted.
      stopInstanceBeforeDetaching: true,
    },
    { ...options, deleteBeforeReplace: true },
  );
  const id = pulumi.runtime.isDryRun()
    ? foreseen(volume.id)
    : pulumi.all([volume.id, attachment.id]).apply(([known]) => known);
  return pulumi.output(id).apply((known) => ({ [mount]: deviceOf(known) }));
}

/** A volume that is yet to be made is no reason for a preview to know nothing of a server that is there. */
async function foreseen(volume: pulumi.Output<string>): Promise<string> {
  const { values } = await given({ id: volume });
  return String(values.id ?? 'vol-new');
}

export const gibibytes = (size: string): number => Number(size.slice(0, -1));

/** Says what it takes to give the volume up: AWS's provider stops the instance, and does not start it again. */
export async function tellOfStop({ name, options }: Making, instance: string): Promise<void> {
  const type = 'keelson:aws:Server$aws:ec2/volumeAttachment:VolumeAttachment';
  if (!(await outputsOf(type, `${name}-uploads`))) return;
  pulumi.log.warn(
    `server ${name}: to take its volume for uploads away, its instance ${instance} is stopped at the end of the run; start it then (aws ec2 start-instances --instance-ids ${instance})`,
    options.parent,
  );
}

/** @throws on a type from before NVMe, where udev does not know the id of a volume. */
export function refuseNameless(
  { type, uploads }: Pick<AwsServerSettings, 'type' | 'uploads'>,
  hasNvme: boolean,
): void {
  if (uploads && !hasNvme)
    throw new Error(
      `aws.uploads: "${type}" attaches volumes without NVMe, so that none is found by its name; choose a newer type, such as t3.small or t4g.small`,
    );
}

/** As udev names it on instances with NVMe. */
const deviceOf = (volume: string): string =>
  `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume.replace('-', '')}`;
