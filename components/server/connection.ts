/** The connection: how a server is reached over SSH. */
import * as field from '../fields/index.ts';
import { pairs } from '../lib/pairs.ts';
import { serverComponent } from './component.ts';

export const connection = serverComponent({
  name: 'connection',
  fields: {
    address: field.sshAddress.describe(
      'Where the server is reached over SSH, or its Host in ssh_config',
    ),
    port: field.anyPort
      .optional()
      .describe('Port of its SSH server; default: as ssh_config says, else 22'),
    user: field.sshUser
      .optional()
      .describe(
        'Who logs in: root, or a user with passwordless sudo; default: as ssh_config says, else root',
      ),
    hostKey: field.publicKey
      .optional()
      .describe('Public host key of the server, as in its /etc/ssh/ssh_host_ed25519_key.pub'),
    knownHosts: field.localPath
      .optional()
      .describe(
        'known_hosts file that holds the host key; default: those that ssh reads, such as ~/.ssh/known_hosts',
      ),
    privateKey: field.localPath
      .optional()
      .describe(
        'Private key file to log in with; default: the SSH agent, and IdentityFile in ssh_config',
      ),
  },
  own: ['address', 'hostKey'],
  rules: [
    {
      path: 'knownHosts',
      error: 'is given beside hostKey; keep one of them',
      holds: ({ hostKey, knownHosts }) => !(hostKey && knownHosts),
    },
  ],
  conflicts: (servers) =>
    pairs(servers, (a, b) => a.address === b.address && (a.port ?? 22) === (b.port ?? 22)).map(
      ({ first, second }) =>
        `servers.${second.name}.address: "${second.address}" is the address of servers.${first.name}; name each server once`,
    ),
  localFiles: ({ privateKey }) =>
    privateKey === undefined ? [] : [{ at: 'privateKey', path: privateKey }],
  report: ({ address }) => ({ address }),
});
