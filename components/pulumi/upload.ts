/** A file that is sent to a host before the manifest that needs it. */
import { remote } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import type { Seen } from '../host/look.ts';
import type { Upload } from '../host/manifest.ts';
import type { Plan } from './plan.ts';
import { noteDue } from './targeted.ts';

export function upload(
  { name: server, connection, look, run }: Plan,
  sent: Upload,
  { manifest }: Seen,
  parent: pulumi.Resource,
  helper: pulumi.Resource,
): pulumi.Resource {
  const name = `${server}-${manifest.app ?? manifest.name}-${sent.name}`;
  const remotePath = `/var/lib/keelson/incoming/${sent.hash}`;
  // Safe here alone: a copy has nothing that its replacement could take away.
  const triggers = [look.memory.blobs.get(sent.hash) ?? run];
  const copy = new remote.CopyToRemote(
    name,
    {
      connection: connection as remote.CopyToRemoteArgs['connection'],
      source: new pulumi.asset.FileAsset(sent.archive),
      remotePath,
      triggers,
    },
    { parent, dependsOn: helper },
  );
  const answered = [copy.triggers, copy.remotePath];
  if (!look.memory.blobs.has(sent.hash))
    noteDue(copy, { name, given: [triggers, remotePath], answered });
  return copy;
}
