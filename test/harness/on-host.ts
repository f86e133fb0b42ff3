/** What tests do on a host, in one language. Paths may hold what a shell expands: `$(readlink /srv/shop/current)/a.js`. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DebianHost } from './host.ts';

/** The lines that a command prints, without empty ones. */
export async function lines(host: DebianHost, command: string): Promise<string[]> {
  return (await host.exec(command)).split('\n').filter(Boolean);
}

export const read = (host: DebianHost, path: string): Promise<string> => host.exec(`cat "${path}"`);

/** Puts a text into a file in place of what is there. */
export async function write(host: DebianHost, path: string, text: string): Promise<void> {
  await host.exec(`cat >"${path}"`, { input: text });
}

/** Adds a line to a file, as somebody who repairs things by hand. */
export async function append(host: DebianHost, path: string, line: string): Promise<void> {
  await host.exec(`cat >>"${path}"`, { input: `${line}\n` });
}

export async function chmod(host: DebianHost, path: string, mode: string): Promise<void> {
  await host.exec(`chmod ${mode} "${path}"`);
}

export async function stop(host: DebianHost, ...units: string[]): Promise<void> {
  await host.exec(`systemctl stop ${units.join(' ')}`);
}

export async function restart(host: DebianHost, ...units: string[]): Promise<void> {
  await host.exec(`systemctl restart ${units.join(' ')}`);
}

/** The main process of each unit; 0 where there is none. */
export async function mainPids(host: DebianHost, ...units: string[]): Promise<number[]> {
  const pids = await lines(host, `systemctl show --property=MainPID --value ${units.join(' ')}`);
  return pids.map(Number);
}

/** nginx's own process and its workers: other ones after a restart, other workers after a reload. */
export const nginxPids = (host: DebianHost): Promise<string[]> =>
  lines(host, 'pgrep --exact nginx');

/** Whether a command succeeds on the host. */
export const does = async (host: DebianHost, condition: string): Promise<boolean> =>
  (await host.tryExec(condition)).code === 0;

/** Waits until a command succeeds on the host, or fails the test after so many seconds. */
export async function waitFor(host: DebianHost, condition: string, seconds = 30): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100))
    if (await does(host, condition)) return;
  assert.fail(`never became true within ${seconds} s: ${condition}`);
}

/**
 * How many processes and threads have begun on a host since it booted: the kernel numbers them one after
 * another in each container, and says which number was the last. To ask takes one of them itself.
 */
export async function begun(host: DebianHost): Promise<number> {
  const last = await host.exec('read -r _ _ _ _ last </proc/loadavg && echo "$last"');
  return Number(last);
}

/** The lines of the host's own log. */
export const hostLog = (host: DebianHost): Promise<string[]> =>
  lines(host, 'cat /var/log/keelson.log');

/** How many logins by a key sshd has let in since the host booted. */
export const logins = async (host: DebianHost): Promise<number> =>
  Number((await lines(host, 'journalctl --boot --unit ssh | grep -c "Accepted publickey"'))[0]);
