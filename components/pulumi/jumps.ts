/** Hosts of one program through which others of it are reached. */
import type { Look } from '../host/look.ts';
import { refuseShutOut, wantedOfSshd } from '../host/shut-out.ts';
import { HostError, type Reached } from '../ssh/connection.ts';
import type { Sight } from './sight.ts';

const ways: Reached[] = [];

/** Remembers how a host was reached, for those that are registered once all looks are through. */
export function noteWay(sight: Sight): Sight {
  if (sight.reached) ways.push(sight.reached);
  return sight;
}

type Behind = Reached & { readonly jump: Reached };

/**
 * A jump host is the same as a host of the program where it has proven the same host key, whatever it is called.
 * @throws HostError where its sshd is to forward nothing any more, or would let in no more who goes through it.
 */
export function refuseCutWay(
  { seen }: Pick<Look, 'seen'>,
  reached: Reached | undefined,
  all: readonly Reached[] = ways,
): void {
  if (!reached) return;
  const manifests = seen.map(({ manifest }) => manifest);
  const behind = all.filter((it): it is Behind => it.jump?.hostKey === reached.hostKey);
  if (wantedOfSshd(manifests, 'AllowTcpForwarding') === 'no')
    refuse(
      reached,
      behind,
      'it (ProxyJump), and sshd would forward nothing any more; set sshd: { forwarding: local } for this server',
    );
  if (wantedOfSshd(manifests, 'PermitRootLogin') === 'no')
    refuse(
      reached,
      behind.filter(({ jump }) => jump.target.user === 'root'),
      'it as root (ProxyJump), and sshd would let root in no more; name another user for it in ssh_config, or set sshd: { rootLogin: true } for this server',
    );
  for (const { jump } of behind) refuseShutOut(jump, manifests);
}

function refuse({ target }: Reached, behind: readonly Behind[], loss: string): void {
  if (behind.length === 0) return;
  const names = behind.map((it) => it.target.name).join(', ');
  throw new HostError(target, `${names} is reached through ${loss}`);
}
