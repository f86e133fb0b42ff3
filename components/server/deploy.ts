/** The deploy user: logs in with a key, and may control the units of the apps. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { directory, file, group, systemUser } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const deploySchema = z
  .strictObject({
    name: field.appName.prefault('deploy').describe('Name of the deploy user'),
    keys: z
      .array(field.publicKey)
      .min(1, 'is empty; give at least one public key, or leave `deploy` out')
      .describe('Public keys that may log in as the deploy user; all others are removed'),
  })
  .describe('A user who may log in and control the units of the apps, and nothing else');

const fields = { deploy: deploySchema.optional() };

export type Deploy = z.output<z.ZodObject<typeof fields>>;

/**
 * The deploy user. Home and keys belong to root, which sshd's StrictModes accepts: the
 * user can neither add keys of its own nor put a link where root writes.
 */
export const deploy = serverComponent({
  name: 'deploy',
  fields,
  rules: [
    {
      path: 'deploy.name',
      error: 'is the user who logs in; choose another, whose keys the kit may own',
      holds: ({ deploy, user }: Partial<Deploy & { user?: string | undefined }>) =>
        deploy?.name === undefined || deploy.name !== user,
    },
  ],
  render: ({ deploy }: Deploy & { user?: string | undefined }) => {
    if (!deploy) return {};
    const { name, keys } = deploy;
    const home = `/home/${name}`;
    const readable = { owner: 'root', group: name };
    return {
      base: [
        group(name),
        systemUser(name, { group: name, home, shell: '/bin/bash' }),
        directory(home, { ...readable, mode: '0750' }),
        directory(`${home}/.ssh`, { ...readable, mode: '0750' }),
        file(`${home}/.ssh/authorized_keys`, template('server/authorized_keys', { name, keys }), {
          ...readable,
          mode: '0640',
        }),
      ],
    };
  },
});
