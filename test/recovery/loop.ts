/** An instance that crashes on every start: systemd gives up on it, says so, and the next good release brings it back. */
import type { DebianHost } from '../harness/host.ts';
import type { Stack } from '../harness/stack.ts';
import { until } from './instance.ts';
import { config } from './site.ts';

const unit = 'loop@3710.service';

/** From now on it crashes. */
export async function beginLoop(host: DebianHost): Promise<void> {
  await host.exec(`touch /srv/loop/data/crash.3710; systemctl kill --signal=KILL ${unit}`);
}

/** Seconds from the beginning of an `up` with a good release until the instance answers. */
export async function crashLoop(
  host: DebianHost,
  stack: Stack,
  tell: (line: string) => void,
): Promise<number> {
  tell(await givenUp(host, unit));
  stack.configure(config({ cured: true }));
  const answers = 'curl -sf --max-time 1 http://127.0.0.1:3710/pid';
  const [seconds] = await Promise.all([until(host, '', answers), stack.up()]);
  tell(`crash loop, the next good release: ${seconds.toFixed(2)} s from the beginning of its up`);
  return seconds;
}

/** Waits until systemd has given up on a unit, and says what came of that. */
export async function givenUp(host: DebianHost, unit: string): Promise<string> {
  await until(host, '', `systemctl is-failed ${unit}`, 1);
  const timer = `keelson-retry@${unit}.timer`;
  await until(host, '', `systemctl is-active ${timer}`, 0.2);
  const name = unit.replace('.service', '');
  await until(host, '', `journalctl -q -t keelson-alert | grep 'failed ${name}'`, 0.2);
  const starts = `journalctl -o short-unix -u ${unit} | awk '/Main process exited/ { n++; if (!first) first = $1; last = $1 } END { print n, int(last - first) }'`;
  const [ended, seconds] = (await host.exec(starts)).trim().split(' ');
  return `${name} is failed after it ended ${ended} times in ${seconds} s, which was told; ${timer} waits`;
}
