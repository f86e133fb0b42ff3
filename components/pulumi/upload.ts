/** Files that travel to a host before the manifest that names them. */
import { remote } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import type { Seen } from '../host/look.ts';
import type { Upload } from '../host/manifest.ts';
import { type Plan, paced } from './plan.ts';
import { noteDue } from './targeted.ts';

export function upload(
  plan: Plan,
  sent: Upload,
  { manifest }: Seen,
  parent: pulumi.Resource,
  helper: pulumi.Resource,
): pulumi.Resource {
  const { connection, look, run, last, reached } = plan;
  const name = `${plan.name}-${manifest.app ?? manifest.name}-${sent.name}`;
  const remotePath = `/var/lib/keelson/incoming/${sent.hash}`;
  const sentBy = look.memory.blobs.get(sent.hash);
  // The state has this very copy, and nothing is to be sent.
  const isThere = sentBy !== undefined && last?.blobs[sent.hash] === sentBy;
  const settled = reached === undefined || isThere ? ['connection', 'source'] : [];
  const way = paced(plan, connection.now, settled, helper);
  // Safe here alone: a copy has nothing that its replacement could take away.
  const triggers = [sentBy ?? run];
  const copy = new remote.CopyToRemote(
    name,
    {
      connection: way as remote.CopyToRemoteArgs['connection'],
      source: new pulumi.asset.FileAsset(sent.archive),
      ...{ remotePath, triggers },
    },
    {
      ...{ parent, dependsOn: helper, ignoreChanges: settled },
      ...(plan.deletedWith && { deletedWith: plan.deletedWith }),
    },
  );
  const answered = [copy.triggers, copy.remotePath];
  if (sentBy === undefined) noteDue(copy, { name, given: [triggers, remotePath], answered });
  return copy;
}
