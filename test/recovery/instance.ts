/** An instance that fails, and the time until another process answers in its place. */
import type { DebianHost } from '../harness/host.ts';

/** Bash, since it counts microseconds and no process is begun for it. */
const script = (port: number, deed: string, from: 'deed' | 'end'): string => `
  port=${port}
  pid() { curl -s --max-time 1 http://127.0.0.1:$port/pid; }
  old=$(pid)
  [ -n "$old" ] || { echo 'port ${port} does not answer' >&2; exit 1; }
  began=$EPOCHREALTIME
  ${deed}
  ${from === 'end' ? 'while [ -d "/proc/$old" ]; do sleep 0.005; done; began=$EPOCHREALTIME' : ''}
  until new=$(pid) && [ -n "$new" ] && [ "$new" != "$old" ]; do sleep 0.02; done
  ended=$EPOCHREALTIME
  echo $(((\${ended/./} - \${began/./}) / 1000))`;

/**
 * Seconds from what is done to an instance, or from its end, until a new one answers at its port.
 * @param deed in bash; `$old` is the main process.
 */
export async function failed(
  host: DebianHost,
  port: number,
  deed: string,
  from: 'deed' | 'end' = 'deed',
): Promise<number> {
  const input = script(port, deed, from);
  return Number(await host.exec('timeout 120 bash -s', { input, timeout: 130_000 })) / 1000;
}

/** Seconds that the app itself takes from its start until it answers: nobody can be quicker. */
export async function ownStart(host: DebianHost): Promise<number> {
  const input = `cd /srv/shop/current
    began=$EPOCHREALTIME
    PORT=4999 DATA_DIR=/none node server.js &
    until curl -s -o /dev/null http://127.0.0.1:4999/pid; do sleep 0.005; done
    ended=$EPOCHREALTIME
    kill $!
    echo $(((\${ended/./} - \${began/./}) / 1000))`;
  return Number(await host.exec('timeout 60 bash -s', { input })) / 1000;
}

/** Seconds until a command succeeds on the host after another one; it is tried with pauses of so many seconds. */
export async function until(
  host: DebianHost,
  deed: string,
  condition: string,
  pause = 0.02,
): Promise<number> {
  const input = `${deed}
    began=$EPOCHREALTIME
    until ${condition}; do sleep ${pause}; done >/dev/null 2>&1
    ended=$EPOCHREALTIME
    echo $(((\${ended/./} - \${began/./}) / 1000))`;
  const options = { input, timeout: 1_810_000 };
  return Number(await host.exec('timeout 1800 bash -s', options)) / 1000;
}
