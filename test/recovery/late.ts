/** What an app needs is late: longer than systemd has patience, and by three minutes after a boot. */
import type { DebianHost } from '../harness/host.ts';
import { until } from './instance.ts';
import { givenUp } from './loop.ts';
import { database } from './site.ts';

const [, port] = database.split(':');
const answers = 'curl -sf --max-time 1 http://127.0.0.1:3720/pid';
const listen = `require('net').createServer((socket) => socket.end()).listen(${port}, '127.0.0.1')`;
const begin = `systemd-run --quiet --collect --unit=database node -e "${listen}"`;

export async function startDatabase(host: DebianHost): Promise<void> {
  await host.exec(begin);
}

/** From now on the app cannot start. */
export async function stopDatabase(host: DebianHost): Promise<void> {
  await host.exec('systemctl stop database; systemctl kill --signal=KILL late@3720 late@3721');
}

/** Seconds from when the database is back until an instance answers that systemd had given up on. */
export async function lateForFailed(
  host: DebianHost,
  tell: (line: string) => void,
): Promise<number> {
  tell(await givenUp(host, 'late@3720.service'));
  const seconds = await until(host, begin, answers);
  tell(`late database, of an instance that was failed: ${seconds.toFixed(2)} s`);
  return seconds;
}

/** The same of a host that booted without it. */
export async function lateAfterBoot(
  host: DebianHost,
  after: number,
  tell: (line: string) => void,
): Promise<number> {
  await until(host, '', `[ "$(awk '{ print int($1) }' /proc/uptime)" -ge ${after} ]`, 0.2);
  const state = (await host.exec('systemctl show -p ActiveState --value late@3720')).trim();
  const seconds = await until(host, begin, answers);
  tell(`late database, ${after} s after a boot (it was ${state}): ${seconds.toFixed(2)} s`);
  return seconds;
}
