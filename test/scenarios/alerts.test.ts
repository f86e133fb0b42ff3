/** Alerts from a real host to receivers on this machine, which judge them as Slack, Telegram and mail servers do. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../tools/lib/process.ts';
import { root } from '../../tools/lib/pulumi.ts';
import type { DebianHost } from '../harness/host.ts';
import { lines, mainPids, waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, changed, type Stack } from '../harness/stack.ts';
import {
  certificate,
  mailbox,
  type Receiver,
  slack,
  telegram,
  webhook,
} from '../unit/receivers.ts';

const token = 'a "secret" $word';
/** Says its secret as it starts, and ends at once when it is told to. */
const code = `import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
console.log(\`token: \${process.env.TOKEN}\`);
if (existsSync('broken')) process.exit(7);
createServer((_request, response) => response.end('ok\\n')).listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

/** All receivers, at the address by which the host reaches this machine. */
async function receivers(t: TestContext, host: DebianHost) {
  const [at = ''] = await lines(host, "ip -4 route show default | awk '{ print $3 }'");
  const folder = mkdtempSync(join(tmpdir(), 'keelson-alerts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = certificate(folder, at);
  const path = '/usr/local/share/ca-certificates/mail.crt';
  await host.exec(`cat >${path} && update-ca-certificates`, { input: authority.cert.toString() });
  return {
    ...{
      slack: await slack(t, at),
      telegram: await telegram(t, at),
      webhook: await webhook(t, at),
    },
    ...{
      mail: await mailbox(t, authority, { tls: 'starttls', at }),
      heartbeat: await slack(t, at),
      at,
    },
  };
}

type All = Awaited<ReturnType<typeof receivers>>;

const titlesOf = (there: All) => ({
  slack: without(there.slack.got.map(({ text }) => /^\*(.*)\*/.exec(String(text))?.[1])),
  telegram: without(there.telegram.got.map(({ text }) => /^<b>(.*)<\/b>/.exec(String(text))?.[1])),
  webhook: without(there.webhook.got.map(({ title }) => String(title))),
  mail: without(there.mail.got.map(({ message }) => /^Subject: (.*)\r$/m.exec(message)?.[1])),
});

/** The limit of the disk is one of its inodes as well: whether they are above it depends on the machine. */
const without = (titles: (string | undefined)[]) =>
  titles.filter((title) => !/inodes \/ is/.test(title ?? ''));

/** Waits until each receiver has these, and nothing else; then forgets them. */
async function arrive(there: All, ...titles: string[]): Promise<void> {
  const wanted = { slack: titles, telegram: titles, webhook: titles, mail: titles };
  for (let tries = 0; tries < 300; tries++) {
    if (Object.values(titlesOf(there)).every((got) => got.length >= titles.length)) break;
    await sleep(100);
  }
  assert.deepEqual(titlesOf(there), wanted);
  for (const { got } of [there.slack, there.telegram, there.webhook, there.mail]) got.length = 0;
}

const withAlerts = (stack: Stack, there: All, more: object = {}) => {
  const { server, ...rest } = config(codeOf(stack));
  const { port } = there.mail;
  const events = ['failed', 'hung', 'resource', 'unit', 'rollout-failed', 'rollout'];
  const login = { user: 'alerts@example.com', from: 'alerts@example.com', events };
  const mail = { to: 'ops@example.com', server: there.at, port, tls: 'starttls', ...login };
  stack.configure({
    ...rest,
    server: {
      ...(server as object),
      // Whatever else the machine does is no matter of this.
      monit: { interval: '5s', load: 100, memory: '99%', ...more },
      heartbeat: { every: '1m' },
      alerts: {
        ...{ slack: { events }, webhook: { events }, mail },
        telegram: { chat: '-100123', server: there.telegram.origin, events },
      },
    },
  });
};

const secretsOf = (there: All) => ({
  slack: `${there.slack.origin}/services/T0/B0/abcdef`,
  telegram: '123:ABC-def',
  webhook: `${there.webhook.origin}/hook`,
  webhookToken: 't0ken',
  mail: 'pass "word" \\',
  heartbeat: `${there.heartbeat.origin}/ping/{server}`,
});

const instances = ['shop@3700.service', 'shop@3701.service'];

for (const release of triedOn('trixie'))
  test(`what goes wrong reaches each channel once, on ${release}`, async (t) => {
    const { host, stack } = await provisionedHost(t, { release });
    writeFileSync(join(codeOf(stack), 'server.js'), code);
    await stack.setSecret('shop.TOKEN', token);
    await stack.up();
    const there = await receivers(t, host);
    const before = await mainPids(host, ...instances);
    const secrets = secretsOf(there);

    await t.test(
      'channels are one more manifest, which is secret, and move no instance',
      async () => {
        withAlerts(stack, there);
        const missing = await stack.try('up');
        assert.match(
          JSON.stringify(missing),
          /alerts\.slack: has no URL of an incoming webhook yet; run pulumi config set --secret --path 'keelson:serverSecrets\.slack'/,
        );
        for (const [name, value] of Object.entries(secrets))
          await stack.setSecret(name, value, 'serverSecrets');
        assert.deepEqual(changed(await stack.up()), [
          'create server-private',
          'update server-base',
        ]);
        assert.deepEqual(await mainPids(host, ...instances), before);
        await assertNothingToDo(stack);
        const { stdout } = await stack.pulumi(['stack', 'export', '--stack', stack.name]);
        for (const secret of ['T0/B0', 'ABC-def', 't0ken', 'pass \\"word', '/ping/'])
          assert.ok(!stdout.includes(secret), `the state has ${secret} in plain`);
        for (let tries = 0; tries < 100 && there.heartbeat.asked.length === 0; tries++)
          await sleep(100);
        assert.deepEqual(there.heartbeat.asked.slice(0, 1), ['/ping/server']);
      },
    );

    await t.test(
      'one command sends a test alert by each channel, and says what came of it',
      async () => {
        const tell = async () =>
          run(process.execPath, [join(root, 'tools/cli/keelson.ts'), 'alert', stack.name], {
            cwd: stack.directory,
            env: { ...process.env, SSH_AUTH_SOCK: await host.agent() },
          });
        const good = await tell();
        const all = ['mail', 'slack', 'telegram', 'webhook'].map((name) => `server: ${name}: sent`);
        assert.deepEqual([good.stdout.trim().split('\n'), good.code], [all, 0], good.stderr);
        await arrive(there, 'web1: a test alert');
        there.slack.moods.push({ status: 404, body: 'no_service' });
        const bad = await tell();
        assert.match(bad.stdout, /^server: slack: not sent: 404 no_service; make a new incoming/m);
        assert.equal(bad.code, 1);
        for (const { got } of [there.telegram, there.webhook, there.mail]) got.length = 0;
      },
    );

    await t.test(
      'an instance that ends for good is told once, and its secrets are cut out',
      async () => {
        const limits = '/run/systemd/system/shop@3700.service.d';
        await host.exec(
          `mkdir -p ${limits} && printf '[Unit]\nStartLimitBurst=3\n' >${limits}/a.conf && systemctl daemon-reload`,
        );
        await host.exec(
          'for i in 1 2 3 4 5 6 7 8; do systemctl kill -s KILL shop@3700.service || :; sleep 0.5; done',
        );
        const said = JSON.stringify([there.slack.got, there.telegram.got, there.webhook.got]);
        await arrive(there, 'web1: shop@3700 has failed');
        assert.match(said, /token: \[secret TOKEN\]/);
        assert.ok(!said.includes('$word'), said);
        await host.exec(
          `rm -r ${limits} && systemctl daemon-reload && systemctl reset-failed shop@3700.service && systemctl start shop@3700.service`,
        );
      },
    );

    await t.test('any unit that fails is told, and one that flaps does not flood', async () => {
      await host.exec(
        'for i in 1 2 3 4 5; do systemd-run --wait --unit=backup false || :; systemctl reset-failed backup.service || :; done',
      );
      await arrive(there, 'web1: backup.service has failed');
      await sleep(4000);
      await arrive(there);
    });

    await t.test('Monit tells of the host from its own sandbox', async () => {
      withAlerts(stack, there, { disk: '1%' });
      await stack.up();
      await arrive(there, 'web1: disk / is over its limit');
    });

    await t.test(
      'a rollout tells of itself alone, how it failed and that it went well',
      async () => {
        withAlerts(stack, there);
        writeFileSync(join(codeOf(stack), 'broken'), '');
        assert.notEqual((await stack.try('up')).code, 0);
        await arrive(there, 'web1: the rollout of shop has failed');
        rmSync(join(codeOf(stack), 'broken'));
        writeFileSync(join(codeOf(stack), 'mark.txt'), '2');
        await stack.up();
        await arrive(there, 'web1: the rollout of shop is done');
      },
    );

    await t.test('what nobody took before a reboot is sent after it', async () => {
      const down = (receiver: Receiver) => receiver.moods.push({ status: 503 }, { status: 503 });
      for (const receiver of [there.slack, there.telegram, there.webhook]) down(receiver);
      there.mail.refusals.push('451 4.3.0 later', '451 4.3.0 later');
      await host.exec('keelson alert unit backup.timer "no backup today"');
      await waitFor(host, 'ls /var/lib/keelson/alerts/queue/*/0*');
      await host.powerOff();
      await host.boot();
      await arrive(there, 'web1: backup.timer has failed');
      await waitFor(
        host,
        '! ls /var/lib/keelson/alerts/queue/*/0* && ! systemctl is-active keelson-alert.service',
      );
    });
  });
