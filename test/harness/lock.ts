/** Locks of apt and dpkg, as another program of the host holds them. */
import type { DebianHost } from './host.ts';

// struct flock of fcntl(2), on 64 bits.
const lock = 'my $l = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $l) or die';

/**
 * Holds a lock for some seconds, from when this returns; then runs a command while it still has it.
 * @throws when it cannot be had.
 */
export async function holdLock(
  host: DebianHost,
  path: string,
  seconds: number,
  last = 'true',
): Promise<void> {
  const program = `open F, ">>${path}"; ${lock}; system("touch /run/held"); sleep ${seconds}; system("${last}")`;
  await host.exec(
    `rm -f /run/held; systemd-run --quiet --collect --unit=holder perl -MFcntl -e '${program}'
    timeout 10 sh -c 'until [ -e /run/held ]; do sleep 0.1; done'`,
  );
}
