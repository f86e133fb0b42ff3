/** Hosts of one program through which others of it are reached. */
import type { Look } from '../host/look.ts';
import { wantedOfSshd } from '../host/shut-out.ts';
import { HostError, type Reached } from '../ssh/connection.ts';
import type { Sight } from './sight.ts';

const ways: Reached[] = [];

/** Remembers how a host was reached, for those that are registered once all looks are through. */
export function noteWay(sight: Sight): Sight {
  if (sight.reached) ways.push(sight.reached);
  return sight;
}

/**
 * A jump host is the same as a host of the program where it has proven the same host key, whatever it is called.
 * @throws HostError where its sshd is to forward nothing any more.
 */
export function refuseCutWay(
  { seen }: Pick<Look, 'seen'>,
  reached: Reached | undefined,
  all: readonly Reached[] = ways,
): void {
  if (!reached) return;
  const manifests = seen.map(({ manifest }) => manifest);
  if (wantedOfSshd(manifests, 'AllowTcpForwarding') !== 'no') return;
  const behind = all.filter(({ jump }) => jump?.hostKey === reached.hostKey);
  if (behind.length === 0) return;
  const names = behind.map(({ target }) => target.name).join(', ');
  throw new HostError(
    reached.target,
    `${names} is reached through it (ProxyJump), and sshd would forward nothing any more; set sshd: { forwarding: local } for this server`,
  );
}
