/** Logs that are shipped to another machine, which goes away and comes back: every line is counted there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DebianHost } from '../harness/host.ts';
import { lines, mainPids, waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { type LogReceiver, logReceiver } from '../harness/relp.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, changed } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

const service = 'keelson-ship.service';
const instances = ['shop@3700.service', 'shop@3701.service'];

/** Writes so many numbered lines to the journal, a hundred every tenth of a second. */
const write = (host: DebianHost, word: string, count: number) =>
  host.exec(
    `for i in $(seq ${count / 100}); do seq -f '${word}=%.0f.' $((i * 100 - 99)) $((i * 100)); sleep 0.1; done | systemd-cat -t counted`,
  );

/** The numbers that have not come, once all have or nothing has for ten seconds. */
async function missing({ got }: LogReceiver, word: string, count: number): Promise<number[]> {
  const wanted = Array.from({ length: count }, (_, index) => index + 1);
  const left = () => {
    const seen = new Set(got.map((text) => new RegExp(`${word}=(\\d+)\\.$`).exec(text)?.[1]));
    return wanted.filter((number) => !seen.has(String(number)));
  };
  // It tries again at the latest after half a minute.
  for (let tries = 0; tries < 450 && left().length > 0; tries++) await sleep(100);
  return left();
}

for (const release of triedOn('trixie'))
  test(`no line is lost on its way to another machine, on ${release}`, async (t) => {
    const { host, stack } = await provisionedHost(t, { release });
    const [at = ''] = await lines(host, "ip -4 route show default | awk '{ print $3 }'");
    const there = await logReceiver(t, at);
    const { server, ...rest } = config(codeOf(stack));
    const { port, name, ca } = there;
    const before = await mainPids(host, ...instances);

    const steps: Parameters<typeof inOrder>[1] = [
      [
        'what the journal gets is there, and no second copy of it in /var/log',
        async () => {
          const ship = { to: at, port, name, ca };
          stack.configure({ ...rest, server: { ...(server as object), ship } });
          assert.deepEqual(changed(await stack.up()), ['update server-base']);
          await assertNothingToDo(stack);
          await write(host, 'first', 100);
          assert.deepEqual(await missing(there, 'first', 100), []);
          const line = there.got.find((text) => text.endsWith('first=100.')) ?? '';
          assert.match(line, /^<30>1 \d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d web1 counted \d+ \S+ - /);
          assert.deepEqual(await mainPids(host, ...instances), before);
          await host.exec(
            '! systemctl is-active rsyslog.service syslog.socket && ! ls /etc/logrotate.d/rsyslog && ! grep first= /var/log/syslog',
          );
        },
      ],
      [
        'the receiver goes away under load, and comes back',
        async () => {
          const written = write(host, 'load', 3000);
          for (let times = 0; times < 2; times++) {
            await sleep(700);
            await there.stop();
            await sleep(300);
            await there.start();
          }
          await written;
          assert.deepEqual(await missing(there, 'load', 3000), []);
        },
      ],
      [
        'rsyslog is killed while the receiver is away',
        async () => {
          await there.stop();
          await write(host, 'away', 500);
          await host.exec(`systemctl kill -s KILL ${service}`);
          await write(host, 'killed', 500);
          await waitFor(host, `systemctl is-active ${service}`);
          await there.start();
          assert.deepEqual(await missing(there, 'away', 500), []);
          assert.deepEqual(await missing(there, 'killed', 500), []);
        },
      ],
      [
        'without the setting nothing is shipped, and Debian’s rsyslog stays quiet',
        async () => {
          stack.configure({ ...rest, server });
          await stack.up();
          await assertNothingToDo(stack);
          await host.exec(
            `! systemctl is-active ${service} rsyslog.service syslog.socket && ! ls /var/lib/keelson-ship`,
          );
        },
      ],
    ];
    await inOrder(t, steps);
  });
