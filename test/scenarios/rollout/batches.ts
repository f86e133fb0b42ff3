/** Five instances in batches, under load, with Monit looking on as often as it can. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mainPids, waitFor } from '../../harness/on-host.ts';
import { assertUnharmed, quick, type Shop } from './shop.ts';

const alerts = { to: 'ops@example.com', server: '127.0.0.1', port: 2525 };
const mails = '/var/tmp/mails';
const five = { instances: 5, rollout: { ...quick, drain: '4s', start: '30s', batch: 2 } };
const server = { monit: { interval: '5s', alerts } };

/** A mail server that takes everything, and appends it to a file. */
const mailServer = `require('net').createServer((socket) => {
  let isMail = false;
  socket.on('error', () => {});
  socket.write('220 ready\\r\\n');
  socket.on('data', (data) => {
    const text = String(data);
    if (isMail) require('fs').appendFileSync('${mails}', text);
    if (isMail && !/\\r\\n\\.\\r\\n$/.test(text)) return;
    const isData = !isMail && /^DATA/i.test(text);
    isMail = isData;
    socket.write(isData ? '354 go on\\r\\n' : '250 ok\\r\\n');
  });
}).listen(2525, '127.0.0.1')`;

/** A release whose instances take longer to listen than Monit would stand. */
function configureSlow(shop: Shop, mark: string): void {
  shop.configure(mark, undefined, { app: { ...five, start: 'slow.js' }, server });
  const directory = join(shop.stack.directory, 'releases', mark);
  writeFileSync(join(directory, 'slow.js'), "setTimeout(() => import('./server.js'), 5000);\n");
}

/** Ports that were moved together, in the order in which they were. */
async function watchMoves(shop: Shop, action: () => Promise<void>): Promise<string[]> {
  const seen = '/var/tmp/moves';
  await shop.host.exec(
    `rm -f ${seen}; systemd-run --quiet --unit=watch-moves sh -c 'while :; do sed -n 2p /var/lib/keelson/rollouts/shop/moving; sleep 0.1; done 2>/dev/null >${seen}'`,
  );
  await action();
  return (await shop.host.exec(`systemctl stop watch-moves; grep . ${seen} | uniq`))
    .trim()
    .split('\n');
}

const watched = "monit -B summary | grep -cE '^ shop-[0-9]+ +(OK|Online)'";

export async function batchesUnderLoad(shop: Shop): Promise<void> {
  await shop.host.exec(
    `systemd-run --quiet --unit=mails node -e "$(cat)"; until ss -Hltn | grep -q :2525; do sleep 0.1; done`,
    { input: mailServer },
  );
  shop.configure('two-of-five', undefined, { app: five, server });
  await shop.succeed('five instances');
  // Three cycles of a second each: it is drift, and the next up ends it after the rollout.
  await shop.host.exec(
    "sed -i 's/^set daemon .*/set daemon 1/' /etc/monit/monitrc && monit reload",
  );
  await waitFor(shop.host, `test "$(${watched})" = 5`);
  await shop.host.exec(`wc -c </var/log/monit.log >/var/tmp/logged; rm -f ${mails}`);

  let moves: string[] = [];
  const judgement = await shop.under(
    { kinds: ['POST, fresh', 'PUT', 'DELETE', 'download'] },
    async () => {
      configureSlow(shop, 'slow');
      moves = await watchMoves(shop, async () => {
        await shop.succeed('a slow release, two of five at once');
      });
    },
  );
  assertUnharmed(judgement);
  assert.deepEqual(moves, ['3700', '3701 3702', '3703 3704']);
  const all = await shop.instances(5);
  assert.equal(new Set(all.map(({ release }) => release)).size, 1);
  await monitSlept(shop);
}

/** It neither restarted an instance nor sent a mail, and does so when there is a reason. */
async function monitSlept(shop: Shop): Promise<void> {
  const logged = await shop.host.exec('tail -c "+$(cat /var/tmp/logged)" /var/log/monit.log');
  const instances = logged.split('\n').filter((line) => /'shop-\d+'/.test(line));
  assert.ok(
    instances.some((line) => /unmonitor/.test(line)),
    logged,
  );
  assert.deepEqual(
    instances.filter((line) => /failed|trying to|start:|stop:|exec:/.test(line)),
    [],
  );
  await waitFor(shop.host, `test "$(${watched})" = 5`);
  const sent = await shop.host.tryExec(`grep '^Subject:.*shop-' ${mails}`);
  assert.equal(sent.stdout, '');

  await shop.host.exec(
    "sed -i 's/^set daemon .*/set daemon 1/' /etc/monit/monitrc && monit reload",
  );
  // What is stopped by hand stays so: see habits.test.ts.
  const [hung] = await mainPids(shop.host, 'shop@3704');
  await shop.host.exec(`kill -STOP ${hung}`);
  // It is asked again and again for a quarter of a minute first.
  await waitFor(shop.host, `grep '^Subject:.*shop-3704' ${mails}`, 90);
  const answers = 'curl -sf --max-time 1 http://127.0.0.1:3704/health';
  await waitFor(shop.host, `! test -d /proc/${hung} && ${answers}`, 90);
}
