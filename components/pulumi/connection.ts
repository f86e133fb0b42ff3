/** What `@pulumi/command` is given to reach the host that was looked at. */
import { hostKeys, preferred } from '../ssh/known-hosts.ts';
import { readKey } from '../ssh/login.ts';
import type { Target } from '../ssh/target.ts';

/** @throws HostError when no key of the host, or of the user, can be had. */
export const commandConnection = (target: Target) => ({
  host: target.address,
  port: target.port,
  user: target.user,
  hostKey: preferred(hostKeys(target)),
  // A `destroy` has the connection of an earlier run, and tries a key that holds no more as often: sshd of Debian 13
  // locks the address out at the fourth, and what is told then is a connection that was lost.
  dialErrorLimit: 1,
  ...(target.privateKey && { privateKey: readKey(target, target.privateKey) }),
});
