/** Files that travel to a host before the manifest that names them. */
import { remote } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import type { Seen } from '../host/look.ts';
import type { Upload } from '../host/manifest.ts';
import { type Plan, paced } from './plan.ts';

export function upload(
  plan: Plan,
  sent: Upload,
  { manifest }: Seen,
  parent: pulumi.Resource,
  helper: pulumi.Resource,
): pulumi.Resource {
  const { name, connection, look, run, last, reached } = plan;
  const sentBy = look.memory.blobs.get(sent.hash);
  // The state has this very copy, and nothing is to be sent.
  const isThere = sentBy !== undefined && last?.blobs[sent.hash] === sentBy;
  const settled = reached === undefined || isThere ? ['connection', 'source'] : [];
  return new remote.CopyToRemote(
    `${name}-${manifest.app ?? manifest.name}-${sent.name}`,
    {
      connection: paced(
        plan,
        connection.now,
        settled,
        helper,
      ) as remote.CopyToRemoteArgs['connection'],
      source: new pulumi.asset.FileAsset(sent.archive),
      remotePath: `/var/lib/keelson/incoming/${sent.hash}`,
      // Safe here alone: a copy has nothing that its replacement could take away.
      triggers: [sentBy ?? run],
    },
    { parent, dependsOn: helper, ignoreChanges: settled },
  );
}
